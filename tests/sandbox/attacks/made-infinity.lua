-- want: 2 not finite
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, n = 1 / 0 }
end }
