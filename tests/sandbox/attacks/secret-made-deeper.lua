-- want: 1 error[secret-in-object]
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function()
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "x" }, data = { a = { s } } }
end }
