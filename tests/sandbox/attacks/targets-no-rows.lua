-- want: 2 targets fleet:1:1: error[bad-row] & targets fleet:2:1 & targets fleet:3:1 & targets fleet:4:1 & targets fleet:5:1
-- run: render --task postgres-backup-11.2 --targets fleet -q
targets "fleet" { summary = "s", each = function(emit)
  emit {}
  emit { "a", "b" }
  emit { name = { name = "x" } }
  emit { name = "x", variables = { A = { 1 } } }
  emit { name = "\27[31mred" }
end }
