-- want: 2 it raised a table, not a message
template "x" { summary = "s", render = function(ctx)
  error { message = "m" }
end }
