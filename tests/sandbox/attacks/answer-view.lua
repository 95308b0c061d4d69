-- want: 2 with a userdata, not a string
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return ctx.target
end }
