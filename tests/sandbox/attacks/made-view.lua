-- want: 0 steps:
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, task = ctx.task.spec }
end }
