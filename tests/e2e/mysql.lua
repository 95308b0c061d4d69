-- What MySQL and MariaDB have in common as systems of the tests: every row, routines, triggers, events and accounts. A dump waits for a
-- table that another client has locked.
--
--   mysql { name, client = its client program, install = shell text that makes the data directory /data/db, server = the line of the server
--     up to where it listens, versions } -> a system
local data = dofile "tests/catalog/data.lua"
local Site = dofile "tests/e2e/site.lua"

local texts = data.mysql

return function(of)
  local client = of.client .. " --no-defaults -u root -S /data/sock --batch --skip-column-names --default-character-set=utf8mb4"
  local function sql(site, text) return site:client(client, text) end

  return {
    name = of.name, versions = of.versions,
    login = { username = "admin", password = Site.PASSWORD },
    params = function(site) return { host = site.host, port = tostring(site.port), authSecret = "database" } end,

    server = function(site)
      return ([=[[ -e /data/db ] || %s
        exec %s --datadir=/data/db --socket=/data/sock --port=%d --bind-address=%s --skip-name-resolve]=]):format(of.install, of.server,
        site.port, site.bind)
    end,
    ready = function() return client .. " -e 'select 1'" end,

    fill = function(site)
      sql(site, "drop user if exists ''@localhost; create user admin@'%' identified by '" .. site.secret:gsub("'", "''") .. "'; "
        .. "grant all on *.* to admin@'%' with grant option;")
      sql(site, texts.fill)
    end,
    state = function(site) return sql(site, texts.state) end,
    destroy = function(site) sql(site, texts.destroy) end,

    hold = function(site)
      site:begin_client(client .. [[ -e 'lock tables `sh'\''op $(x)`.items write; select sleep(600)']])
      Site.await("the lock", function() return sql(site, "show processlist"):find("select sleep", 1, true) end)
    end,
    is_held = function(site) return sql(site, "show processlist"):find("metadata lock", 1, true) end,
    release = function(site)
      sql(site, "kill " .. sql(site, "select id from information_schema.processlist where info like 'select sleep%'"):match "%d+")
    end,

    denied = "Access denied",
    stopped = "Lost connection to ",
  }
end
