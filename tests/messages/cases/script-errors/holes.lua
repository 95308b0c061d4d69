template "holes" {
  summary = "s",
  render = function(ctx)
    return { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = { 1, nil, 3, f = print } }
  end,
}
