template "readonly" {
  summary = "s",
  render = function(ctx)
    ctx.task.spec.steps[1].name = "other"
  end,
}
