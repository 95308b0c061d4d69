-- want: 1 what its rule proposes is no value
-- run: check --fix --dry-run
local many = { "x" }
for _ = 1, 60 do many = { many, many } end
rule "a" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "image", "m", { fix = many }) end }
