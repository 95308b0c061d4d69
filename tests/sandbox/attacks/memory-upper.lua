-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  local t, s = {}, ("x"):rep(1000000)
  for i = 1, 100 do t[i] = (s .. i):upper() end
end }
