-- want: 2 what it returned is no object
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = s } } end }
