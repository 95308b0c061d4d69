-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  return json.decode("[" .. ("[],"):rep(2700000) .. "[]]")
end }
