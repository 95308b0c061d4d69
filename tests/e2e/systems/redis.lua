-- Redis: every key of two databases, with the minute in which it ends. A dump waits for a server that does not go on.
local data = dofile "tests/catalog/data.lua"
local quote = dofile("tests/lib/shell.lua").quote

local function call(site, words) return site:client('redis-cli -e -p "$PORT" ' .. words) end

return {
  name = "redis", version = "7", image = "redis:7",
  login = { password = "se'cr\\et/:#$" },
  params = function(site) return { host = site.host, port = tostring(site.port), authSecret = "database" } end,

  environment = function(site) return { PORT = tostring(site.port), REDISCLI_AUTH = site.secret } end,
  server = function(site)
    return [=[exec redis-server --port "$PORT" --save '' --dir /data --requirepass "$REDISCLI_AUTH" --bind ]=] .. site.bind
  end,
  ready = function() return [[redis-cli -p "$PORT" ping | grep PONG]] end,

  fill = function(site)
    for _, database in ipairs { 0, 3 } do call(site, ("-n %d eval %s 0"):format(database, quote(data.redis.fill))) end
  end,
  state = function(site)
    local found = {}
    for i, database in ipairs { 0, 3 } do found[i] = call(site, ("eval %s 0 %d"):format(quote(data.redis.digest), database)) end
    assert(found[1]:find "^5001 ", found[1])
    return found
  end,
  destroy = function(site)
    call(site, "flushall")
    call(site, "-n 3 set later 1")
  end,

  hold = function(site) site:signal "STOP" end,
  is_held = function(site) return site:is_connected() end,
  release = function(site) site:signal "CONT" end,

  denied = "WRONGPASS",
  stopped = "step dump: I/O error",
}
