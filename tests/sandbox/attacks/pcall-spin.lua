-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do pcall(function() while true do end end) end
end }
