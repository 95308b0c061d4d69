-- want: 2 memory-limit | cpu-limit | time-limit
-- config: none
template "x" { summary = "s", render = function(ctx)
  return json.decode("[" .. ("[],"):rep(2700000) .. "[]]")
end }
