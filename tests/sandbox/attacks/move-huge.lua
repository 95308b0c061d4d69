-- want: 2 too many items to move
template "x" { summary = "s", render = function(ctx)
  table.move({}, 1, 1 << 62, 2)
end }
