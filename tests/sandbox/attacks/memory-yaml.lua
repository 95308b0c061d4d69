-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  return yaml.decode("[" .. ("[],"):rep(2700000) .. "]")
end }
