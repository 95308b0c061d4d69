-- want: 2 emit takes a row such as
-- run: render --task postgres-backup-11.2 --targets fleet
targets "fleet" { summary = "s", each = function(emit)
  for _, row in ipairs { 1, "x", true, emit, secret "hush" } do assert(not pcall(emit, row)) end
  emit()
end }
