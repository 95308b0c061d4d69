-- want: 2 time-limit | cpu-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  -- keys that fall into one slot when the table grows to its last size, inside of one instruction
  local t, n = {}, 1 << 19
  for i = 1, n + 1 do t[i * ((1 << 20) - 1)] = true end
end }
