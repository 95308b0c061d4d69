-- want: 0 name: postgres-backup-11.2
template "x" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = ctx.task.metadata }
end }
