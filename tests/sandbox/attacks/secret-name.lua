-- want: 2 needs a name
local s = secret("xyzzy" .. "-plugh-42")
rule("x" .. s) { summary = "", kinds = { "*" }, check = function() end }
