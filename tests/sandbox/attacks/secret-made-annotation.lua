-- want: 1 must not stand in a Secret but in data and stringData
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function()
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "x", annotations = { a = s } }, stringData = { a = "b" } }
end }
