-- want: 2 apiVersion, kind and metadata.name are needed
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x", namespace = {} } }
end }
