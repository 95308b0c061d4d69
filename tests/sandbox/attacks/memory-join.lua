-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for i = 1, 1000 do t[i] = "" end
  return table.concat(t, ("x"):rep(1000000))
end }
