-- want: 2 it raised nil
template "x" { summary = "s", render = function(ctx)
  error()
end }
