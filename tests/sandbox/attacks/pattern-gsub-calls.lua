-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do ("x"):gsub(".", function() end) end
end }
