-- want: 0 c: {}
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, c = ctx }
end }
