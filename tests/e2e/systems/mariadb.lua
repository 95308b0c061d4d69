-- MariaDB: every row, routines, triggers and accounts. A dump waits for a table that another client has locked.
local data = dofile "tests/catalog/data.lua"
local Site = dofile "tests/e2e/site.lua"

local of = data.mariadb

local CLIENT = "mariadb --no-defaults -u root -S /data/sock --batch --skip-column-names --default-character-set=utf8mb4"
local function sql(site, text) return site:client(CLIENT, text) end

return {
  name = "mariadb", version = "10.11", image = "mariadb:10.11",
  login = { username = "admin", password = Site.PASSWORD },
  params = function(site) return { host = site.host, port = tostring(site.port), authSecret = "database" } end,

  server = function(site)
    return ([=[[ -e /data/db ] || mariadb-install-db --no-defaults --user=server --datadir=/data/db --auth-root-authentication-method=normal
      exec mariadbd --no-defaults --datadir=/data/db --socket=/data/sock --port=%d --bind-address=%s \
        --skip-name-resolve]=]):format(site.port, site.bind)
  end,
  ready = function() return CLIENT .. " -e 'select 1'" end,

  fill = function(site)
    sql(site, "drop user if exists ''@localhost; create user admin@'%' identified by '" .. site.secret:gsub("'", "''") .. "'; "
      .. "grant all on *.* to admin@'%' with grant option;")
    sql(site, of.fill)
  end,
  state = function(site) return sql(site, of.state) end,
  destroy = function(site) sql(site, of.destroy) end,

  hold = function(site)
    site:begin_client(CLIENT .. [[ -e 'lock tables `sh'\''op $(x)`.items write; select sleep(600)']])
    Site.await("the lock", function() return sql(site, "show processlist"):find("select sleep", 1, true) end)
  end,
  is_held = function(site) return sql(site, "show processlist"):find("metadata lock", 1, true) end,
  release = function(site)
    sql(site, "kill " .. sql(site, "select id from information_schema.processlist where info like 'select sleep%'"):match "%d+")
  end,

  denied = "Access denied",
  stopped = "Lost connection to server",
}
