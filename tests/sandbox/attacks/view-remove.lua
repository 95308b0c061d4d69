-- want: 2 read-only
template "x" { summary = "s", render = function(ctx)
  table.remove(ctx.task.spec.steps)
end }
