-- want: 2 ctx is read-only
template "x" { summary = "s", render = function(ctx)
  table.insert(ctx, 1)
end }
