-- want: 0 info[log]: no address
local values = { {}, error, yaml.decode "{a: 1}", log }
local calls = { string.rep, string.format, string.gsub, string.find, table.concat, table.insert, table.unpack, table.sort, math.floor, utf8.char, tonumber,
  select, ipairs, pairs, yaml.decode, yaml.encode, json.encode, csv.decode, re.find, k8s.list, k8s.pod, env.get, net.host_and_path, assert, error,
  function(v) return v .. "" end, function(v) return v < 1 end, function(v) return v() end, function(v) return v.x.y end, function(v) return -v end,
  function(v) return _G[v] end, function(v) return ("%d"):format(v) end, function(v) return #v + v end, function(v) for i = v, 2 do end end,
  function(v) return { [0 / 0] = v } end, function(v) return ("x"):rep(v, v) end, function(v) rule(v) end, function(v) rule "x" (v) end }
for _, v in ipairs(values) do
  for i, call in ipairs(calls) do
    for _, arguments in ipairs { { v }, { v, v }, { "%s", v }, { 1, v, v } } do
      local ok, why = pcall(call, table.unpack(arguments))
      if not ok and type(why) == "string" then assert(not why:find "0x%x%x%x%x", why) end
    end
  end
end
log.info "no address"
