-- want: 2 a map has a key that is userdata
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, [s] = 1 } end }
