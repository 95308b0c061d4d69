-- want: 2 invalid value (nil) at index 1 in table for 'concat'
template "x" { summary = "s", render = function(ctx)
  table.concat({}, "", 1, math.maxinteger)
end }
