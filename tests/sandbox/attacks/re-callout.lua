-- want: 0 info[log]: 1
template "x" { summary = "s", render = function(ctx)
  log.info(tostring((re.find("x", "(?C1)x"))))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
