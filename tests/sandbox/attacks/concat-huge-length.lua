-- want: 2 invalid value (boolean) at index 1 in table for 'concat'
template "x" { summary = "s", render = function(ctx)
  -- few items, and a length of 2^62
  local t = { [5] = true, [9] = true }
  for i = 0, 62 do t[1 << i] = true end
  table.concat(t)
end }
