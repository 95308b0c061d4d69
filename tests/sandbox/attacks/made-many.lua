-- want: 2 cpu-limit | memory-limit | time-limit | more than
template "x" { summary = "s", render = function(ctx)
  local all = {}
  for i = 1, 1000000 do all[i] = { apiVersion = "v1", kind = "X", metadata = { name = "x" .. i } } end
  return all
end }
