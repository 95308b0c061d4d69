-- want: 2 invalid conversion
template "x" { summary = "s", render = function(ctx)
  return ("%99999d"):format(1)
end }
