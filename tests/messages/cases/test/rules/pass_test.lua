local function deployment(name, replicas)
  return ([[
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec: {replicas: %d}
]]):format(name, replicas)
end

test "few replicas" { input = deployment("web", 3), expect = {} }
test "many replicas" { input = deployment("web", 4), expect = { "site/replicas @ spec.replicas: 4 replicas" } }
test "an option" { input = deployment("web", 4), options = { ["site.most"] = "5" }, expect = {} }
test "a waiver" { input = deployment("big", 4), today = "2027-01-31", expect = {} }
test "a waiver that is over" { input = deployment("big", 4), today = "2027-02-01", expect = { "site/replicas @ spec.replicas" } }
test "several objects" {
  input  = deployment("web", 4) .. "---\n" .. deployment("a-very-long-name", 5),
  expect = { "site/names @ Deployment/a-very-long-name metadata.name", "site/replicas @ Deployment/web spec.replicas",
    "site/replicas @ Deployment/a-very-long-name spec.replicas: 5" },
}
test "from a file" { file = "deployment.yaml", expect = { "site/replicas @ Deployment/default/web spec.replicas" } }
test "what cannot be read" { input = "a: [", error = "did not find expected" }
test "an unknown option" { input = "{}", options = { most = "5" }, error = "there is no option most" }
