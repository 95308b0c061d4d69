-- want: 2 too deep within each other
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function()
  local t = { s }
  t[2] = t
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = t }
end }
