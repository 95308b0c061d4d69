template "nonsense" {
  summary = "s",
  render = function(ctx)
    return { 1, 2 }
  end,
}
