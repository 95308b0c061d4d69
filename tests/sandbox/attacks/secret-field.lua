-- want: 2 summary must be a string
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = s, kinds = { "*" }, check = function() end }
