-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  return ("a"):rep(600):gsub(".-.-.-b", "")
end }
