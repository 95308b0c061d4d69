provider "p" {
  summary = "s", variables = { "X" }, needs = { read = { "data.yaml" } },
  resolve = function() return yaml.read("data.yaml").x end,
}
