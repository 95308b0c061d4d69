-- want: 2 row 1 cannot be written
-- run: render --task postgres-backup-11.2 --targets fleet
local row = { name = "x" }
row.variables = row
targets "fleet" { summary = "s", each = function(emit) emit(row) end }
