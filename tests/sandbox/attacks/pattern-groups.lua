-- want: 2 too many captures
template "x" { summary = "s", render = function(ctx)
  return ("x"):find(("("):rep(300))
end }
