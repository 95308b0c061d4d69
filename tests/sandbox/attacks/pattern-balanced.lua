-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  return ("("):rep(1000000):find("%b()")
end }
