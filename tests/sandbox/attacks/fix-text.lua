-- want: 1 \x1b[2J
-- run: check --fix --dry-run
-- Texts of a script stand in the difference, and are not obeyed.
rule "a" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "volumeMounts", "m", { fix = "\27[2J\nkind: x" }) end }
rule "b" { summary = "", kinds = { "Function" }, check = function(f, report) report(f, "x\27[2J", "n", { fix = true }) end }
rule "c" { summary = "", kinds = { "Function" }, check = function(f, report) report(f, nil, "\27[2J", { fix = true }) end }
