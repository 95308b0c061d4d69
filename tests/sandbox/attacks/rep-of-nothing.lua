-- want: 0 info[log]: ''
template "x" { summary = "s", render = function(ctx)
  log.info("'" .. (""):rep(1 << 62) .. (""):rep(1 << 62, "") .. "'")
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
