-- want: 0 kind: X
template "x" { summary = "s", render = function(ctx)
  provider "late" { summary = "s", variables = { "*" }, resolve = function() end }
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
