-- want: 2 read-only
template "x" { summary = "s", render = function(ctx)
  table.move({ 1 }, 1, 1, 1, ctx.task.spec.steps)
end }
