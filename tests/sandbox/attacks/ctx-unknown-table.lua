-- want: 2 ctx has no field table
template "x" { summary = "s", render = function(ctx)
  return ctx[{}]
end }
