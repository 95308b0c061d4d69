-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  return ("a"):rep(5000):find("[" .. ("b"):rep(1000000) .. "a]*[" .. ("b"):rep(1000000) .. "]")
end }
