-- want: 2 emit is over: the targets fleet have been taken
-- run: render --task postgres-backup-11.2 --targets fleet -q --set REPOSITORY_BUCKET=b
local kept
targets "fleet" { summary = "s", each = function(emit) kept = emit emit { name = "x" } end }
provider "late" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function() kept { name = "y" } end }
