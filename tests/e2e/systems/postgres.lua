-- PostgreSQL: every row, roles and what else a database holds. A dump waits for a table that another client has locked.
local data = dofile "tests/catalog/data.lua"
local Site = dofile "tests/e2e/site.lua"

local of = data.postgres
local quote = dofile("tests/lib/shell.lua").quote

local function psql(site, database, sql)
  return site:client("PGDATABASE=" .. quote(database) .. " psql -X -A -t -q -v ON_ERROR_STOP=1", sql)
end

return {
  name = "postgres",
  versions = {
    { version = "15", image = "postgres:15" },
    { version = "13", image = "postgres:13" },
    { version = "17", image = "postgres:17" },
    { version = "18", image = "postgres:18" },
  },
  login = { username = "admin", password = Site.PASSWORD },
  params = function(site) return { host = site.host, port = tostring(site.port), authSecret = "database" } end,

  environment = function(site)
    return { PGHOST = "127.0.0.1", PGPORT = tostring(site.port), PGUSER = "admin", PGPASSWORD = site.secret }
  end,
  server = function(site)
    return [=[printf '%s' "$PGPASSWORD" >/tmp/password
      if [ ! -e /data/db ]; then
        initdb -D /data/db -U admin --pwfile=/tmp/password -A scram-sha-256 -E UTF8 --locale=C
        echo 'host all all all scram-sha-256' >>/data/db/pg_hba.conf
      fi
      exec postgres -D /data/db -k /tmp -p "$PGPORT" -c fsync=off -c listen_addresses=]=] .. site.bind
  end,
  ready = function() return "psql -d template1 -c 'select 1'" end,

  fill = function(site)
    psql(site, "postgres", of.databases)
    for _, name in ipairs { "plain", of.odd } do psql(site, name, of.tables) end
  end,
  state = function(site) return { psql(site, "plain", of.state), psql(site, of.odd, of.state), psql(site, "postgres", of.roles) } end,
  destroy = function(site) psql(site, "postgres", of.destroy) end,

  hold = function(site)
    site:begin_client("psql -X -d plain -c 'begin; lock items in access exclusive mode; select pg_sleep(600)'")
    Site.await("the lock", function()
      return psql(site, "plain", "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted"):find "[1-9]"
    end)
  end,
  is_held = function(site)
    return psql(site, "plain", [[select count(*) from pg_locks join pg_stat_activity using (pid)
      where not granted and application_name = 'moonstep']]):find "[1-9]"
  end,
  release = function(site)
    psql(site, "plain", [[select pg_terminate_backend(pid) from pg_stat_activity
      where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()]])
  end,

  denied = "password authentication failed",
  stopped = "server closed the connection unexpectedly",
}
