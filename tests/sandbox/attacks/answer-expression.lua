-- want: 0 ${HOME}
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return "${HOME}$${X}"
end }
