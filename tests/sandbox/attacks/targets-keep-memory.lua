-- want: 2 error[memory-limit]
-- run: render --task postgres-backup-11.2 --targets fleet
targets "fleet" { summary = "s", each = function(emit)
  local all = {}
  for i = 1, 1000000000 do
    all[i] = ("x"):rep(100000) .. i
    if i % 10 == 0 then for k = 1, 100 do emit { name = "x" } end end
  end
end }
