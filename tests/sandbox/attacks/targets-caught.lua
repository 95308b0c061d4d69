-- want: 2 error[cpu-limit] | error[time-limit]
-- run: render --task postgres-backup-11.2 --targets fleet
-- config: few
targets "fleet" { summary = "s", each = function(emit) while true do pcall(emit, { name = "x" }) end end }
