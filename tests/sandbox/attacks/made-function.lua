-- want: 2 cannot write f: a value of type function
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, f = error }
end }
