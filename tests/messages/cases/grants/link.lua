provider "p" {
  summary = "s", variables = { "X" },
  resolve = function() return yaml.read("sub/link.yaml").x end,
}
