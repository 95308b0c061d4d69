-- want: 2 memory-limit | cpu-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for i = 1, 10000000 do t["key" .. i] = i end
end }
