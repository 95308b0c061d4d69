-- want: 2 too deep within each other
template "x" { summary = "s", render = function(ctx)
  local t = {}
  t.t = t
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = t }
end }
