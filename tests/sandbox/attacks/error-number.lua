-- want: 2 it raised 42
template "x" { summary = "s", render = function(ctx)
  error(42)
end }
