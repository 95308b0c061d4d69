-- want: 2 more than 32 MiB | cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local t = { "leaf" }
  for _ = 1, 60 do t = { t, t } end
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = t }
end }
