-- want: 2 attempt to compare
template "x" { summary = "s", render = function(ctx)
  table.sort { 1, "a", {} }
end }
