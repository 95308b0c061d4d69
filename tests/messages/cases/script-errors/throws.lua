template "throws" {
  summary = "s",
  render = function(ctx)
    return ctx.nothing.at.all
  end,
}
