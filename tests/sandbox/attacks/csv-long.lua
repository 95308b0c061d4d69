-- want: 2 cpu-limit | time-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  return csv.decode((",\n"):rep(3000000))
end }
