-- want: 1 error[secret-in-object]
-- run: render --emit-all --keep-going
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = { { s } } } end }
