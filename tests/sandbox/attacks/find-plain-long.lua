-- want: 0 info[log]: nil
template "x" { summary = "s", render = function(ctx)
  log.info(tostring(("a"):rep(10000000):find(("a"):rep(5000000) .. "b", 1, true)))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
