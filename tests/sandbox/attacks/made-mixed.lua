-- want: 2 both items and keys
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = { 1, a = 2 } }
end }
