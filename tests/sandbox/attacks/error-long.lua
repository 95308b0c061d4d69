-- want: 2 bytes more)
template "x" { summary = "s", render = function(ctx)
  error(("x"):rep(10000000))
end }
