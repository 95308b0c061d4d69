-- want: 2 more than 32 MiB | cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for _ = 1, 60 do t = { t, t } end
  return json.encode(t)
end }
