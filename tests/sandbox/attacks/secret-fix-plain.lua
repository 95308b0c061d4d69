-- want: 0 image: ***
-- run: check --fix --dry-run
-- A script that knows the bytes can write them into a file, but the difference does not show them.
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "image", "m", { fix = "xyzzy" .. "-plugh-42" }) end }
