-- The catalogue on real servers: data that was generated, the backup Task, the data gone, the restore Task, and all of it compared. Then
-- what fails, which must be told. `make test-catalog-servers`; it needs the packages that the Makefile names, and root.
-- Usage: moonstep-lua tests/catalog/servers.lua [NAME]...
local texts = dofile "tests/catalog/data.lua"
local Site = dofile "tests/catalog/site.lua"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local command = Site.command
local PASSWORD = "s'e\"c $r@t/:#"

-- Calls use(site) and cleans up, whatever happens.
local function with_site(system, version, params, use)
  local site = Site.new(system, version, params)
  local ok, why = pcall(use, site)
  site:close()
  if not ok then error(why, 0) end
end

-- Takes a second backup while the password is wrong, which must fail and say so.
local function check_wrong_password(site, secret, key, words)
  local right = site.secrets[secret][key]
  site.secrets[secret][key] = "wrong"
  local status = site:run(site.backup_job)
  site.secrets[secret][key] = right
  suite.equal(status, 0, "a step that leaves the failure to the last one")
  local said = site:output "status.json"
  assert(said:find('{"step": "dump", "status": ', 1, true) and said:find(words, 1, true), "status.json: " .. said)
  suite.equal(site:output "backup.json", "", "a backup after a failed dump")
end

-- --- PostgreSQL

local PG = "/usr/lib/postgresql/15/bin"

local function start_postgres(site, port)
  local place = site.folder .. "/pgdata"
  command("mkdir -p %s && chown postgres %s", place, place)
  shell.write(site.folder .. "/password", PASSWORD)
  command("cd / && chmod 644 %s/password && runuser -u postgres -- %s/initdb -D %s -U admin --pwfile=%s/password -A scram-sha-256 " ..
    "-E UTF8 --locale=C", site.folder, PG, place, site.folder)
  local server = "cd / && exec setpriv --reuid postgres --regid postgres --clear-groups %s/postgres -D %s -p %d -k %s -c fsync=off"
  local client = ("PGPASSWORD=%s psql -h 127.0.0.1 -p %d -U admin -d postgres"):format(shell.quote(PASSWORD), port)
  site:start(server:format(PG, place, port, place), client .. " -c 'select 1'")
end

local function psql(port, database, sql)
  local out, err, status = shell.run(("PGPASSWORD=%s PGDATABASE=%s psql -X -A -t -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p %d -U admin"):format(
    shell.quote(PASSWORD), shell.quote(database), port), sql)
  if status ~= 0 then error(err, 2) end
  return out
end

local function postgres()
  local port = Site.free_port()
  with_site("postgres", "15", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    start_postgres(site, port)
    local of = texts.postgres
    psql(port, "postgres", of.databases)
    for _, name in ipairs { "plain", of.odd } do psql(port, name, of.tables) end
    local before = { psql(port, "plain", of.state), psql(port, of.odd, of.state) }
    local known = psql(port, "postgres", of.roles)
    site:backup()
    psql(port, "postgres", of.destroy)
    site:restore()
    suite.equal({ psql(port, "plain", of.state), psql(port, of.odd, of.state) }, before)
    suite.equal(psql(port, "postgres", of.roles), known, "roles")
    suite.equal(psql(port, "postgres", "select count(*) from pg_database where datname in ('later', 'gone')"), "2\n", "other databases")
    check_wrong_password(site, "db", "password", "password authentication failed")
  end)
end

-- --- MariaDB

-- A server of the site whose data are in the folder: start(), and sql(text) -> what it answers.
local function mariadb_server(site, folder, port, user)
  command("mkdir -p %s && chown %s %s && mariadb-install-db --no-defaults --user=%s --datadir=%s --auth-root-authentication-method=normal",
    folder, user, folder, user, folder)
  local socket = site.folder .. "/sock/it"
  command("mkdir %s/sock && chown %s %s/sock", site.folder, user, site.folder)
  local root = "mariadb --no-defaults -u root --socket=" .. socket .. " --batch --skip-column-names --default-character-set=utf8mb4"
  local line = "exec mariadbd --no-defaults --user=%s --datadir=%s --socket=%s --port=%d --bind-address=127.0.0.1"
  local function start() site:start(line:format(user, folder, socket, port), root .. " -e 'select 1'") end
  local function sql(text)
    local out, err, status = shell.run(root, text)
    if status ~= 0 then error(err, 2) end
    return out
  end
  start()
  sql "drop user if exists ''@localhost"
  sql(("create user admin@'%%' identified by '%s'; grant all on *.* to admin@'%%' with grant option;"):format(PASSWORD:gsub("'", "''")))
  sql(texts.mysql.fill)
  return start, sql
end

local function mariadb()
  local port = Site.free_port()
  with_site("mariadb", "10.11", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    local _, sql = mariadb_server(site, site.folder .. "/mysql", port, "mysql")
    local state = texts.mysql.state
    local before = sql(state)
    site:backup()
    sql(texts.mysql.destroy)
    site:restore()
    suite.equal(sql(state), before)
    suite.equal(sql "show databases like 'later'", "later\n", "other databases")
    check_wrong_password(site, "db", "password", "Access denied")
  end)
end

-- --- Percona XtraDB: its Task with MariaDB's server, and MariaDB's forks of xtrabackup and xbstream under their names

local function percona()
  local port = Site.free_port()
  with_site("percona-xtradb", "8.0", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    local programs = site.folder .. "/bin"
    command("mkdir %s && cd %s && ln -s $(command -v mariadb-backup) xtrabackup && ln -s $(command -v mbstream) xbstream", programs,
      programs)
    site.path = programs .. ":" .. site.path
    local start, sql = mariadb_server(site, site.folder .. "/data", port, "nobody")
    local before = sql(texts.mysql.state)
    site:backup()
    check_wrong_password(site, "db", "password", "Access denied")
    site:stop()
    suite.equal(site:run(site.restore_job), 0)
    assert(site:output "status.json":find("the claim is not empty: there is ", 1, true), site:output "status.json")
    command("find %s/data -mindepth 1 -delete", site.folder)
    site:restore()
    start()
    suite.equal(sql(texts.mysql.state), before)
  end)
end

-- --- Redis

local function redis(alpine)
  local port = Site.free_port()
  with_site("redis", "7", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    if alpine then site:use_busybox() end
    site.secrets.db = { password = "se'cr\\et/:#$" }
    local client = ("REDISCLI_AUTH=%s redis-cli -e -p %d "):format(shell.quote(site.secrets.db.password), port)
    shell.write(site.folder .. "/redis.conf", ('port %d\nbind 127.0.0.1\nsave ""\nrequirepass "se\'cr\\\\et/:#$"\n'):format(port))
    site:start("exec redis-server " .. site.folder .. "/redis.conf", client .. "ping | grep PONG")
    local function call(words) return command("%s", client .. words) end
    call("-n 0 eval " .. shell.quote(texts.redis.fill) .. " 0")
    call("-n 3 eval " .. shell.quote(texts.redis.fill) .. " 0")
    local digest = "eval " .. shell.quote(texts.redis.digest) .. " 0 "
    local function state() return { call(digest .. "0"), call(digest .. "3") } end
    local before = state()
    assert(before[1]:find "^5001 ", before[1])
    site:backup()
    call "flushall"
    call "-n 3 set later 1"
    site:restore()
    suite.equal(state(), before)
    check_wrong_password(site, "db", "password", "WRONGPASS")
  end)
end

-- --- etcd

local function etcd()
  local port, peer = Site.free_port(), Site.free_port()
  with_site("etcd", "3.5", { endpoint = "http://127.0.0.1:" .. port, dataPath = "/var/lib/etcd/restored" }, function(site)
    local client = ("ETCDCTL_API=3 etcdctl --endpoints http://127.0.0.1:%d "):format(port)
    local function start(place)
      site:start(("exec etcd --data-dir %s --listen-client-urls http://127.0.0.1:%d --advertise-client-urls http://127.0.0.1:%d " ..
        "--listen-peer-urls http://127.0.0.1:%d"):format(place, port, port, peer), client .. "endpoint health")
    end
    local function keys() return command("%s", client .. [[get --prefix '' -w fields | grep -E '"(Key|Value)"']]) end
    start(site.folder .. "/etcd")
    command("%s", "seq 1 100 | xargs -P 4 -I{} env " .. client .. [[put 'key {}' 'value {} $x "']])
    suite.equal(select(2, keys():gsub('"Key"', "")), 100)
    local before = keys()
    site:backup()
    site:stop()
    command("rm -rf %s/etcd && chmod 777 %s/data", site.folder, site.folder)
    site:restore()
    start(site.folder .. "/data/restored")
    suite.equal(keys(), before)
    site:stop()
    suite.equal(site:run(site.backup_job), 0)
    assert(site:output "status.json":find '"step": "dump"', site:output "status.json")
  end)
end

-- --- Elasticsearch: elasticdump itself, and a stand-in for the server (elastic.js)

local MAPPING = [["properties": {"word": {"type": "text", "analyzer": "odd"}, "n": {"type": "long"}}]]
local ANALYSIS = [[{"index": {"number_of_replicas": "0", "analysis": {"analyzer": {"odd": {"type": "custom", "tokenizer": "keyword"}}}}}]]

-- A line of _bulk and the document behind it.
local function bulk(name, n, word, typed)
  return ([[{"index": {"_index": "%s", "_id": "%d/é %%", %s"routing": "r%d"}}]]):format(name, n, typed and '"_type": "word", ' or "", n % 3)
    .. ('\n{"word": "%s", "n": %d}\n'):format(word, 9007199254740000 + n)
end

-- Three indices: one with an alias, one without, and one of the server's own.
local function fill_elastic(ask, typed)
  local mappings = typed and '{"word": {' .. MAPPING .. "}}" or "{" .. MAPPING .. "}"
  ask("PUT", "/orders", ('{"settings": %s, "mappings": %s, "aliases": {"all": {"routing": "1"}}}'):format(ANALYSIS, mappings))
  ask("PUT", "/plain", "{}")
  ask("PUT", "/.own", "{}")
  for _, name in ipairs { "orders", "plain" } do
    local lines = {}
    for n = 1, 250 do lines[n] = bulk(name, n, [[one\n\"]] .. n .. [[\" é $(id)]], typed) end
    ask("POST", "/" .. name .. "/_bulk", table.concat(lines))
  end
end

local function elasticsearch(version, full)
  local port, typed = Site.free_port(), tonumber(full:match "^%d+") < 7
  local url = "http://127.0.0.1:" .. port
  with_site("elasticsearch", version, { url = url, authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    site.path = command "realpath build/tests/elasticdump/node_modules/.bin" .. ":" .. site.path
    local curl = "curl -sS --fail-with-body -u " .. shell.quote("admin:" .. PASSWORD) .. " -H 'content-type: application/json' "
    site:start(("exec node tests/catalog/elastic.js %d %s %s"):format(port, full, shell.quote("admin:" .. PASSWORD)), curl .. url)
    local function ask(method, path, body)
      local out, err, status = shell.run(curl .. ("-X %s --data-binary @- %s%s"):format(method, url, path), body or "")
      if status ~= 0 then error(out .. err, 2) end
      return out
    end
    local function state()
      local found = {}
      for _, name in ipairs { "orders", "plain" } do
        found[name] = { ask("GET", "/" .. name), ask("POST", "/" .. name .. "/_search", '{"size": 1000}') }
        assert(select(2, found[name][2]:gsub('"_source"', "")) == 250, found[name][2])
      end
      return found
    end
    fill_elastic(ask, typed)
    local before = state()
    site:backup()
    ask("DELETE", "/orders")
    ask("POST", "/plain/_bulk", bulk("plain", 7, "changed", typed))
    site:restore()
    suite.equal(state(), before)
    check_wrong_password(site, "db", "password", "the server answers with 401")
  end)
end

-- --- files

local function files(alpine)
  with_site("pvc", nil, { check = "true" }, function(site)
    if alpine then site:use_busybox() end
    site.user = nil
    site.backup_job.spec.template.spec.volumes, site.restore_job.spec.template.spec.volumes = {}, {}
    local place = "/stash-data"
    command("! test -e %s && ln -s %s/data %s", place, site.folder, place)
    local ok, why = pcall(function()
      command("cd %s/data && %s", site.folder, texts.files.fill)
      local function state()
        return command("cd %s/data && %s", site.folder, texts.files.state)
      end
      local before = state()
      site:backup()
      assert(site:output "stats.json":find "total_size" and site:output "check.json":find "true")
      assert(site:output "snapshots.json":find "host%-0" and site:output "backup.json":find '"message_type":"summary"')
      command("rm -rf %s/data/* %s/data/.[!.]*", site.folder, site.folder)
      site:restore()
      assert(site:output "restore.json":find '"hostname":"host%-0"', site:output "restore.json")
      suite.equal(state(), before)
      for _ = 1, 3 do site:backup() end
      suite.equal(select(2, site:output "snapshots.json":gsub('"short_id"', "")), 2, "snapshots that are kept")
      assert(site:output "forget.json":find '"remove":%[{', site:output "forget.json")
    end)
    os.remove(place)
    if not ok then error(why, 0) end
  end)
end

-- --- the repository

local function repository()
  with_site("etcd", "3.5", { endpoint = "http://127.0.0.1:1", backupPaths = "." }, function(site)
    local steps = site.backup_job.spec.template.spec.initContainers
    steps[1].args[1] = 'mkdir -p "$DATA_DIR" "$OUTPUT_DIR" && echo something >"$DATA_DIR/dump"'
    local function fails(words)
      suite.equal(site:run(site.backup_job), 0)
      local said = site:output "status.json"
      assert(said:find('"step": "backup"', 1, true) and said:find(words, 1, true), "status.json: " .. said)
    end
    site:backup()
    shell.write(site.folder .. "/secret/RESTIC_PASSWORD", "wrong")
    fails "wrong password or no key found"
    command("rm %s/secret/RESTIC_PASSWORD", site.folder)
    fails "the Secret of the Repository has no RESTIC_PASSWORD"
    shell.write(site.folder .. "/secret/RESTIC_PASSWORD", site.secrets.repository.RESTIC_PASSWORD)
    site:backup()
    command("chmod 0 %s/repository", site.folder)
    fails "permission denied"
    command("chmod 777 %s/repository", site.folder)
    command("find %s/repository/data -type f -exec sh -c 'printf x >\"$1\"' sh {} ';'", site.folder)
    fails "error: some files could not be read: the snapshot is there and lacks them"
    -- alone, a step that fails ends with a status of its own
    for _, entry in ipairs(steps[2].env) do
      if entry.name == "ON_FAILURE" then entry.value = "exit" end
    end
    assert(site:run(site.backup_job) ~= 0)
  end)
end

local TESTS = {
  { "postgres", postgres }, { "mariadb", mariadb }, { "percona-xtradb", percona }, { "redis", redis },
  { "redis, busybox", function() redis(true) end }, { "etcd", etcd }, { "pvc", files }, { "pvc, busybox", function() files(true) end },
  { "repository", repository },
}
for version, full in pairs { ["5.6"] = "5.6.16", ["6.8"] = "6.8.23", ["7.17"] = "7.17.28", ["8.2"] = "8.2.3" } do
  TESTS[#TESTS + 1] = { "elasticsearch " .. version, function() elasticsearch(version, full) end }
end

local wanted, chosen = { ... }, {}
for _, test in ipairs(TESTS) do
  for _, name in ipairs(wanted) do
    if test[1] == name then chosen[#chosen + 1] = test end
  end
end
return suite.run("catalogue on servers", #wanted > 0 and chosen or TESTS)
