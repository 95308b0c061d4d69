-- want: 2 invalid conversion '%p'
template "x" { summary = "s", render = function(ctx)
  return ("%p"):format({})
end }
