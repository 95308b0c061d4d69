-- want: 2 too many items
template "x" { summary = "s", render = function(ctx)
  -- few items, and a length of 2^62
  local t = { [5] = true, [9] = true }
  for i = 0, 62 do t[1 << i] = true end
  table.insert(t, 1, true)
end }
