provider "wrong" {
  summary = "answers badly",
  variables = { "FAILS", "NUMBER", "TABLE" },
  resolve = function(name)
    if name == "FAILS" then error "no inventory today" end
    if name == "NUMBER" then return 42 end
    return {}
  end,
}
