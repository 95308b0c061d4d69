-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  local t, s = {}, ("a"):rep(20000000)
  for i = 1, 100000 do t[i] = s end
  table.sort(t)
end }
