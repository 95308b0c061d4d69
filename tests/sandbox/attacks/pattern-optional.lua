-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  return ("a"):rep(150):find(("a?"):rep(150) .. ("a"):rep(150) .. "b")
end }
