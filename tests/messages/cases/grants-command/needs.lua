provider "vault" {
  summary = "s", variables = { "A" }, resolve = function() end,
  needs = { http = { "vault.corp:8200", "http://inventory.corp:8080@10.0.0.0/8" }, env = { "VAULT_TOKEN" } },
}
provider "other" { summary = "s", variables = { "B" }, resolve = function() end, needs = { http = { "vault.corp:8200" }, read = { "x.yaml" }, kube = { "prod", "stage" } } }
