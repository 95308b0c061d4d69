-- A template whose object cannot be written.
template "odd" {
  summary = "an object that holds a function",
  render = function(ctx)
    return k8s.job { metadata = ctx:metadata(), spec = { template = { spec = { containers = { { name = "odd", args = { "x", type } } } } } } }
  end,
}
