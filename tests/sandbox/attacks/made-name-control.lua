-- want: 2 apiVersion, kind and metadata.name are needed
-- run: render -o name
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x\27[31m" } }
end }
