-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do pcall(re.find, ("a"):rep(100) .. "b", "(a+)+c") end
end }
