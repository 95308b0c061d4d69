-- want: 2 is not granted
template "x" { summary = "s", render = function(ctx)
  local why
  for _ = 1, 1000 do _, why = pcall(http.get, "https://example.org/") end
  error(why, 0)
end }
