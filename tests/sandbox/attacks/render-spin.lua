-- want: 2 cpu-limit | time-limit & render-spin.lua:4
template "x" { summary = "s", render = function(ctx)
  local n = 0
  while true do n = n + 1 end
end }
