-- want: 0 info[log]: table & info[log]: function & info[log]: nil
template "x" { summary = "s", render = function(ctx)
  log.info {}
  log.info(log.info)
  log.info(nil)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
