-- want: 0 \x1b]0;title\x07
template "x" { summary = "s", render = function(ctx)
  log.warn "\27]0;title\7"
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
