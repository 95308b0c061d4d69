-- want: 2 read-only
template "x" { summary = "s", render = function(ctx)
  return ctx:pod(ctx.task)
end }
