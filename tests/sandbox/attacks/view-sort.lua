-- want: 2 table expected
template "x" { summary = "s", render = function(ctx)
  table.sort(ctx.task.spec.steps)
end }
