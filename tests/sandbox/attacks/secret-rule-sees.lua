-- want: 1 it sees string *** & error[secret-in-object]
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "X" }, check = function(x, report) report(x, "spec", "it sees " .. type(x.spec) .. " " .. x.spec) end }
template "x" { summary = "s", render = function() return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = s } end }
