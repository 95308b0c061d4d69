-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do pcall(yaml.decode, ("x"):rep(8000000) .. "\0") end
end }
