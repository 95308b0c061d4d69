-- want: 2 error[cpu-limit]
-- run: render --task postgres-backup-11.2 --targets fleet
targets "fleet" { summary = "s", each = function(emit) while true do pcall(emit, 1) end end }
