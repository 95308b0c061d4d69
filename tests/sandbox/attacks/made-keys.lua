-- want: 2 a map has a key that is
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = { [true] = 1 } }
end }
