-- want: 0 info[log]: 3 1 5 2 4
template "x" { summary = "s", render = function(ctx)
  -- always "less": some order, the same each time
  local t = { 4, 5, 2, 1, 3 }
  table.sort(t, function(a, b) return a % 2 == 1 or b == 4 end)
  log.info(table.concat(t, " "))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
