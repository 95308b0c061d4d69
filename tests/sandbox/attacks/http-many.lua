-- want: 2 time-limit | cpu-limit | memory-limit
-- run: render --grant http=http://localhost:1@127.0.0.0/8
-- config: short
template "x" { summary = "s", render = function(ctx)
  while true do pcall(http.get, "http://localhost:1/") end
end }
