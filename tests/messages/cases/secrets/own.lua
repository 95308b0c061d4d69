provider "own" {
  summary = "a number that is secret, and a text that is not",
  variables = { "PIN", "PLACE" },
  secret = { "PIN" },
  resolve = function(name) return name == "PIN" and 31415926 or "berlin" end,
}
