-- want: 0 info[log]: nil
template "x" { summary = "s", render = function(ctx)
  log.info(tostring(tonumber("0x" .. ("f"):rep(1000000) .. "z")))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
