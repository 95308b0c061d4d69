-- want: 2 is not granted
template "x" { summary = "s", render = function(ctx)
  local v = env.get "PATH"
  return v
end }
