-- want: 2 error[cpu-limit] | error[row-limit]
-- run: render --task postgres-backup-11.2 --targets fleet
-- config: few
targets "fleet" { summary = "s", each = function(emit) for i = 1, 1000000000 do emit { name = "n" .. i } end end }
