-- want: 2 with a function, not a string
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return error
end }
