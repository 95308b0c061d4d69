-- want: 2 string slice too long | stack overflow | memory-limit
template "x" { summary = "s", render = function(ctx)
  return ("x"):rep(30000000):byte(1, -1)
end }
