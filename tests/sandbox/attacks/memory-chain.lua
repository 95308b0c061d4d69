-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  while true do t = { t } end
end }
