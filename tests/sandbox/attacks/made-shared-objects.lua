-- want: 2 cpu-limit | memory-limit | time-limit | more than
template "x" { summary = "s", render = function(ctx)
  local big = { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = ("x"):rep(30000000) }
  local all = {}
  for i = 1, 100000 do all[i] = big end
  return all
end }
