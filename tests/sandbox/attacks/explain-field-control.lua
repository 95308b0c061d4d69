-- want: 0 written at
-- run: explain --field metadata.annotations
template "x" { summary = "s", render = function(ctx)
  local metadata = ctx:metadata()
  metadata.annotations = { ["\27[31m\u{9b}"] = "\xff\27" }
  return { apiVersion = "v1", kind = "X", metadata = metadata }
end }
