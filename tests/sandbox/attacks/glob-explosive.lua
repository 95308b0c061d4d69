-- want: 0 kind: X
provider "p" { summary = "s", variables = { ("*A"):rep(100) .. "B" }, resolve = function() end }
template "x" { summary = "s", render = function(ctx)
  -- stars do not multiply
  ctx:variable(("A"):rep(2000))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
