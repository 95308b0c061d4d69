-- want: 2 cpu-limit | time-limit
template "x" { summary = "s", render = function(ctx)
  pcall(function() while true do end end)
  return { apiVersion = "v1", kind = "X", metadata = { name = "caught" } }
end }
