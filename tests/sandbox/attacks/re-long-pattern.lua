-- want: 2 more than 10000 bytes
template "x" { summary = "s", render = function(ctx)
  return (re.find("x", ("x"):rep(1000000)))
end }
