-- want: 1 error[secret-in-object]
-- run: render -o name
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = s } end }
