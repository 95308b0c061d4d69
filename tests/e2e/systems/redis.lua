-- Redis: every key of two databases, with the minute in which it ends. A dump waits for a server that does not go on.
local data = dofile "tests/catalog/data.lua"
local quote = dofile("tests/lib/shell.lua").quote

-- call(site, words, pattern of what is answered) -> the answer. Before Redis 7, redis-cli ends with 0 after an error, too.
local function call(site, words, wanted)
  local said = site:client('redis-cli -p "$PORT" ' .. words)
  assert(said:find(wanted), said)
  return said
end

return {
  name = "redis",
  versions = {
    { version = "7", image = "redis:7" },
    { version = "6", image = "redis:6", denied = " answers: Warning: AUTH failed ", stopped = " answers: nothing" },
    { version = "8", image = "redis:8" },
  },
  login = { password = "se'cr\\et/:#$" },
  params = function(site) return { host = site.host, port = tostring(site.port), authSecret = "database" } end,

  environment = function(site) return { PORT = tostring(site.port), REDISCLI_AUTH = site.secret } end,
  server = function(site)
    return [=[exec redis-server --port "$PORT" --save '' --dir /data --requirepass "$REDISCLI_AUTH" --bind ]=] .. site.bind
  end,
  ready = function() return [[redis-cli -p "$PORT" ping | grep PONG]] end,

  fill = function(site)
    for _, database in ipairs { 0, 3 } do call(site, ("-n %d eval %s 0"):format(database, quote(data.redis.fill)), "^5001\n$") end
  end,
  state = function(site)
    local found = {}
    for i, database in ipairs { 0, 3 } do
      found[i] = call(site, ("eval %s 0 %d"):format(quote(data.redis.digest), database), "^5001 %x+\n$")
    end
    return found
  end,
  destroy = function(site)
    call(site, "flushall", "^OK\n$")
    call(site, "-n 3 set later 1", "^OK\n$")
  end,

  hold = function(site) site:signal "STOP" end,
  is_held = function(site) return site:is_connected() end,
  release = function(site) site:signal "CONT" end,

  denied = " answers: AUTH failed: WRONGPASS ",
  stopped = " answers:  I/O error ",
}
