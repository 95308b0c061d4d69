provider "p" {
  summary = "s", variables = { "X" },
  resolve = function() return env.get("SITE_X") end,
}
