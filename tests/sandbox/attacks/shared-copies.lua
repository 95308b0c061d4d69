-- want: 2 cpu-limit | time-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  for _ = 1, 60 do t = { a = t, b = t } end
  return k8s.pick({ kind = t }, "kind")
end }
