-- want: 2 too deep within each other
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for _ = 1, 300 do t = { t = t } end
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = t }
end }
