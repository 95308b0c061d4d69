-- want: 1 error[secret-in-object]: a secret of a script is secret and must not stand in a X
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = { { s } } } end }
