local function note(name, data) return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name }, data = data } end

template "notes" {
  summary = "one that all targets share, and one of which each thinks that it is its own",
  render  = function(ctx) return { note("shared", { a = "b" }), note("own", { index = tostring(ctx.index) }) } end,
}

template "twice" {
  summary = "two of one name",
  render  = function() return { note("one", {}), note("one", { a = "b" }) } end,
}
