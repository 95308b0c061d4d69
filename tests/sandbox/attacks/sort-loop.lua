-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  while true do table.sort({ 3, 2, 1 }, function(a, b) return a < b end) end
end }
