-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  return ("a"):rep(3000):find("(.*)(.*)(.*)%3%2%1b")
end }
