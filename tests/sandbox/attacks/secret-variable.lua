-- want: 2 ctx:variable needs the name
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function(ctx) return ctx:variable(s) end }
