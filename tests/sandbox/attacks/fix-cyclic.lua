-- want: 1 what its rule proposes is no value
-- run: check --fix --dry-run --task postgres-backup-11.2 --set REPOSITORY_BUCKET=a --set REPOSITORY_SECRET_NAME=b
local endless = {}
endless[1] = endless
rule "a" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "image", "m", { fix = endless }) end }
rule "b" { summary = "", kinds = { "Function" }, check = function(f, report) report(f.spec, "args", "m", { fix = { [1] = pairs } }) end }
