-- want: 2 too deep within each other | more than 32 MiB | cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local t, key = {}, ("k"):rep(1000000)
  for _ = 1, 300 do t = { [key] = t } end
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = t }
end }
