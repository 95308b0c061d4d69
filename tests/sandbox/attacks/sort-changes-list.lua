-- want: 0 info[log]: 2
template "x" { summary = "s", render = function(ctx)
  -- the comparison empties the list that is sorted
  local t = { 2, 1 }
  table.sort(t, function(a, b) t[1], t[2] = nil, nil return a > b end)
  log.info(tostring(t[1]))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
