-- want: 2 with a table, not a string
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return {}
end }
