-- want: 2 what it returned is no object
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a\u{61c}b" } }
end }
