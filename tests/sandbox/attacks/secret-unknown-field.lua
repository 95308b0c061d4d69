-- want: 2 cannot go through a table
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "*" }, check = function() end, [s] = 1 }
