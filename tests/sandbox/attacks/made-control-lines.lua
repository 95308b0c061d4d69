-- want: 0 kind: X
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, a = "one\n\27[31mtwo\n\rthree\n" }
end }
