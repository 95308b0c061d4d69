-- want: 1 the fix must not be a secret
-- run: check --fix --dry-run
local s = secret("xyzzy" .. "-plugh-42")
rule "x" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "image", "m", { fix = s }) end }
