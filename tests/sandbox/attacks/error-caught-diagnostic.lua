-- want: 0 info[log]: string false
provider "p" { summary = "s", variables = { "FAILS" }, resolve = function() error "no" end }
template "x" { summary = "s", render = function(ctx)
  -- what our own code raises is a message for a script
  local ok, why = pcall(ctx.variable, ctx, "FAILS")
  log.info(type(why) .. " " .. tostring(ok))
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
