-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  table.sort({ 3, 2, 1 }, function() while true do end end)
end }
