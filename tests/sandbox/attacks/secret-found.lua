-- want: 2 it returned no object
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function(ctx) return ctx:find("Task", s) or ctx:find("Task", "x", s) end }
