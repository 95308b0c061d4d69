-- want: 2 row 1 cannot be written
-- run: render --task postgres-backup-11.2 --targets fleet
targets "fleet" { summary = "s", each = function(emit) emit { name = "x", variables = { A = secret "xyzzy-plugh-42" } } end }
