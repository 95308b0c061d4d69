-- Lists a folder, in what it makes.
template "list" {
  summary = "the files of a folder",
  render  = function(ctx)
    return { apiVersion = "v1", kind = "ConfigMap", metadata = ctx:metadata(), data = { files = table.concat(files.list "values", " ") } }
  end,
}
