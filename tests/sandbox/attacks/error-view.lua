-- want: 2 it raised a userdata, not a message
template "x" { summary = "s", render = function(ctx)
  error(ctx.task)
end }
