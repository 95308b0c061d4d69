-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  return (("x"):rep(100000):gsub(".", ("y"):rep(100000)))
end }
