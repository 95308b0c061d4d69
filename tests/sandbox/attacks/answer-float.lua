-- want: 2 with a float, not a string
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return 1.5
end }
