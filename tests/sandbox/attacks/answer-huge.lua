-- want: 2 answered & at most 1 MiB
provider "p" { summary = "s", variables = { "*" }, override = true, resolve = function(name, ctx)
  return ("x"):rep(1100000)
end }
