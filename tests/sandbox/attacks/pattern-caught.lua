-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do pcall(string.find, ("a"):rep(600), ".-.-.-b") end
end }
