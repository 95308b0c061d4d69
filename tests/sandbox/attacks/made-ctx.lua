-- want: 2 ctx has no field kind
template "x" { summary = "s", render = function(ctx)
  return ctx
end }
