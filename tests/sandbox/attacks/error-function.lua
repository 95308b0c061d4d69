-- want: 2 it raised a function, not a message
template "x" { summary = "s", render = function(ctx)
  error(error)
end }
