-- want: 1 what its rule proposes is no value
-- run: check --fix --dry-run
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "image", "m", { fix = { a = { s } } }) end }
