-- want: 2 too many items to move | too many elements
template "x" { summary = "s", render = function(ctx)
  table.move({}, math.mininteger, math.maxinteger, 1)
end }
