-- want: 0 info[log]: 20000 parts
template "x" { summary = "s", render = function(ctx)
  -- garbage, and much that is alive, is no reason to end
  local kept = {}
  for i = 1, 350000 do kept[i] = { i } end
  local n = 0
  for i = 1, 20000 do n = n + #{ ("x"):rep(1000) .. i } end
  log.info(n .. " parts")
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
