-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  return ("x"):rep(1 << 30)
end }
