-- want: 2 at most 8 MiB
template "x" { summary = "s", render = function(ctx)
  return yaml.decode(("a: 1\n"):rep(2000000))
end }
