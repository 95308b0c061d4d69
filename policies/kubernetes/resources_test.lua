-- Quantities, resources, claims.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(resources, rest)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {%s containers: [{name: c, image: i, resources: {%s}}]}\n"):format(rest
    or "", resources)
end
local R = "spec.containers[0].resources."

for _, text in ipairs { "1", "'1'", "0.5", "100m", "1k", "1Ki", "1Ei", "1e3", "1E3", "1E", "'+1'", "'.5'", "' 1 '", "'.'" } do
  check("a quantity: " .. text, pod("limits: {cpu: " .. text .. "}"))
end
for _, text in ipairs { "1K", "1ki", "1GB", "1 Gi", "abc", "''", "1e", "'0x10'", "'1,5'", "1.5.5" } do
  check("no quantity: " .. text, pod("limits: {cpu: " .. text .. "}"), "quantity @ " .. R .. "limits.cpu")
end
check("a quantity of a volume", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: v, emptyDir: {sizeLimit: "
  .. "1GB}}], containers: [{name: c, image: i, "
  .. "volumeMounts: [{name: v, mountPath: /v}]}]}\n", "quantity @ spec.volumes[0].emptyDir.sizeLimit")

check("resources that are fine", pod("limits: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi, hugepages-2Mi: 2Mi, example.com/gpu: 1}, "
  .. "requests: {cpu: 500m, hugepages-2Mi: 2Mi, example.com/gpu: 1}"))
for _, case in ipairs { { "storage", "are cpu" }, { "gpu", "are cpu" }, { "-a/b", "DNS name" }, { "requests.example.com/a", "quotas" },
  { "hugepages-", "letter or digit" } } do
  check("a resource's name: " .. case[1], pod("limits: {cpu: 1, " .. case[1] .. ": 1}"), 'resource-name @ ' .. R .. "limits"
    .. (case[1]:find "%." and '["' .. case[1] .. '"]' or "." .. case[1]) .. ": " .. case[2])
end
check("amounts", pod "limits: {cpu: -1, example.com/gpu: 1500m}", "resource-amount @ " .. R .. "limits.cpu: negative", 'resource-amount @ '
  .. R .. 'limits["example.com/gpu"]: a whole number')
check("overhead", pod("", "overhead: {cpu: -1, foo: 1},"), "resource-amount @ spec.overhead.cpu", "resource-amount @ spec.overhead.foo")
check("a request above the limit", pod "requests: {cpu: 1001m}, limits: {cpu: 1}", "request-above-limit @ " .. R
  .. "requests.cpu: above its limit")
check("requests in other words", pod "requests: {cpu: 0.1, memory: 1024Mi}, limits: {cpu: 100m, memory: 1Gi}")
check("a GPU below its limit", pod "requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}", 'request-above-limit @ ' .. R
  .. 'requests["example.com/gpu"]: must equal')
check("a GPU without limit", pod "requests: {example.com/gpu: 1}", 'request-above-limit @ ' .. R
  .. 'requests["example.com/gpu"]: needs a limit')
check("huge pages alone", pod "limits: {hugepages-2Mi: 2Mi}", "huge-pages @ " .. R .. "limits.hugepages-2Mi")
check("parts of a byte", pod "limits: {memory: 400m}", "fraction-of-byte @ " .. R .. "limits.memory")

local function claim(spec) return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {" .. spec .. "}\n" end
check("claims that are fine", claim("accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1Gi}, limits: {storage: "
  .. "2Gi}}"))
check("a claim of nothing", claim "volumeMode: Block", "claim @ spec.accessModes: missing",
  "claim @ spec.resources.requests.storage: missing")
check("a claim of no size", claim "accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}",
  "claim @ spec.resources.requests.storage: more than 0")
check("a claim of one Pod and others", claim "accessModes: [ReadWriteOncePod, ReadWriteMany], resources: {requests: {storage: 1}}",
  "claim @ spec.accessModes: cannot be combined")
check("a claim of processors", claim "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1, cpu: 1}}",
  "claim-resources @ spec.resources.requests.cpu")
check("a claim above its limit", claim "accessModes: [ReadWriteOnce], resources: {requests: {storage: 2}, limits: {storage: 1}}",
  "claim-resources @ spec.resources.requests.storage")
