-- want: 2 more than 32 MiB | cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local t, s = {}, ("x"):rep(1000000)
  for i = 1, 100000 do t[i] = s end
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, t = t }
end }
