provider "p" {
  summary = "s", variables = { "X" },
  resolve = function() return yaml.read("sub/../data.yaml").x end,
}
