-- want: 0 info[log]: in order
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for i = 1, 2000 do t[i] = { key = i % 7, at = i } end
  table.sort(t, function(a, b) return a.key < b.key end)
  for i = 2, #t do
    local a, b = t[i - 1], t[i]
    assert(a.key < b.key or (a.key == b.key and a.at < b.at))
  end
  log.info "in order"
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
