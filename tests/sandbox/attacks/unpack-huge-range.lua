-- want: 2 too many results to unpack
template "x" { summary = "s", render = function(ctx)
  table.unpack({}, math.mininteger, math.maxinteger)
end }
