-- The catalogue on real servers: data that was generated, the backup Task, the data gone, the restore Task, and all of it compared. Then
-- what fails, which must be told. `make test-catalog-servers`; it needs the packages that the Makefile names, and root.
-- Usage: moonstep-lua tests/catalog/servers.lua [NAME]...
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
  local data = site.folder .. "/pgdata"
  command("mkdir -p %s && chown postgres %s", data, data)
  shell.write(site.folder .. "/password", PASSWORD)
  command("cd / && chmod 644 %s/password && runuser -u postgres -- %s/initdb -D %s -U admin --pwfile=%s/password -A scram-sha-256 " ..
    "-E UTF8 --locale=C", site.folder, PG, data, site.folder)
  local server = "cd / && exec setpriv --reuid postgres --regid postgres --clear-groups %s/postgres -D %s -p %d -k %s -c fsync=off"
  local client = ("PGPASSWORD=%s psql -h 127.0.0.1 -p %d -U admin -d postgres"):format(shell.quote(PASSWORD), port)
  site:start(server:format(PG, data, port, data), client .. " -c 'select 1'")
end

local function psql(port, database, sql)
  local out, err, status = shell.run(("PGPASSWORD=%s PGDATABASE=%s psql -X -A -t -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p %d -U admin"):format(
    shell.quote(PASSWORD), shell.quote(database), port), sql)
  if status ~= 0 then error(err, 2) end
  return out
end

local ODD = "or'ders $(id); \"x\" = é"

local TABLES = [[
create table items (id int primary key, name text, price numeric, at timestamptz, blob bytea, tags text[]);
insert into items select n, 'item ' || n || E'\n\t''"\\' , n / 7.0, to_timestamp(n * 1000), sha256(n::text::bytea), array[n::text, null]
  from generate_series(1, 5000) n;
create index on items (name); create sequence numbers start 42; select nextval('numbers');
create function twice(n int) returns int language sql as 'select n * 2'; alter table items owner to "clerk 'x'";
create view dear as select * from items where price > 100;
]]
local STATE = [[
select md5(string_agg(items::text, '|' order by id)), count(*) from items;
select last_value, is_called from numbers; select twice(21); select count(*) from dear;
select tableowner, (select string_agg(indexname, ',' order by indexname) from pg_indexes where tablename = 'items') from pg_tables
  where tablename = 'items';
]]

local function postgres()
  local port = Site.free_port()
  with_site("postgres", "15", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    start_postgres(site, port)
    psql(port, "postgres", [[create role "clerk 'x'" login password 'one'; create role team; grant team to "clerk 'x'";
      create database plain; create database "or'ders $(id); ""x"" = é"; create database gone;]])
    for _, name in ipairs { "plain", ODD } do psql(port, name, TABLES) end
    local before = { psql(port, "plain", STATE), psql(port, ODD, STATE) }
    local roles = "select rolname, rolpassword, rolcanlogin from pg_authid order by 1; select count(*) from pg_auth_members"
    local known = psql(port, "postgres", roles)
    site:backup()
    psql(port, "postgres", [[drop database plain; drop database "or'ders $(id); ""x"" = é"; drop role "clerk 'x'"; create database later;]])
    site:restore()
    suite.equal({ psql(port, "plain", STATE), psql(port, ODD, STATE) }, before)
    suite.equal(psql(port, "postgres", roles), known, "roles")
    suite.equal(psql(port, "postgres", "select count(*) from pg_database where datname in ('later', 'gone')"), "2\n", "other databases")
    check_wrong_password(site, "db", "password", "password authentication failed")
  end)
end

-- --- MariaDB

local function mariadb()
  local port = Site.free_port()
  with_site("mariadb", "10.11", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    site.secrets.db = { username = "admin", password = PASSWORD }
    local data = site.folder .. "/mysql"
    command("mkdir %s && chown mysql %s && mariadb-install-db --no-defaults --user=mysql --datadir=%s " ..
      "--auth-root-authentication-method=normal", data, data, data)
    local socket = data .. "/sock"
    local root = "mariadb --no-defaults -u root --socket=" .. socket .. " --batch --skip-column-names --default-character-set=utf8mb4"
    local server = "exec mariadbd --no-defaults --user=mysql --datadir=%s --socket=%s --port=%d --bind-address=127.0.0.1"
    site:start(server:format(data, socket, port), root .. " -e 'select 1'")
    local function sql(text)
      local out, err, status = shell.run(root, text)
      if status ~= 0 then error(err, 2) end
      return out
    end
    sql "drop user if exists ''@localhost"
    sql(("create user admin@'%%' identified by '%s'; grant all on *.* to admin@'%%' with grant option;"):format(PASSWORD:gsub("'", "''")))
    sql [[create database `sh'op $(x)` character set utf8mb4; use `sh'op $(x)`;
      create table items (id int primary key, name text, price decimal(10, 3), blob_ varbinary(64), at timestamp(6)) engine=InnoDB;
      insert into items select seq, concat('item ', seq, '\n\'"\\ é'), seq / 7, unhex(sha2(seq, 256)), from_unixtime(seq * 1000)
        from seq_1_to_5000;
      create view dear as select * from items where price > 100;
      create user clerk@localhost identified by 'one'; grant select on items to clerk@localhost;
      delimiter //
      create procedure twice(n int) begin select n * 2; end //
      create trigger lower_ before insert on items for each row begin set new.name = lower(new.name); end //]]
    local state = [[set session group_concat_max_len = 1 << 30; use `sh'op $(x)`;
      select md5(group_concat(concat_ws('|', id, name, price, hex(blob_), at) order by id)), count(*) from items;
      select count(*) from dear; call twice(21); show grants for clerk@localhost;
      select trigger_name, action_statement from information_schema.triggers where trigger_name = 'lower_';]]
    local before = sql(state)
    site:backup()
    sql "drop database `sh'op $(x)`; drop user clerk@localhost; create database later"
    site:restore()
    suite.equal(sql(state), before)
    suite.equal(sql "show databases like 'later'", "later\n", "other databases")
    check_wrong_password(site, "db", "password", "Access denied")
  end)
end

-- --- Redis

local FILL = [[
for n = 1, 5000 do
  local key = "key " .. n .. "\r\n'\"\0\255"
  if n % 4 == 0 then redis.call("RPUSH", key, n, n + 1, "\0\1") elseif n % 4 == 1 then redis.call("HSET", key, "a", n, "\255", "x")
  elseif n % 4 == 2 then redis.call("ZADD", key, n / 7, "m") else redis.call("SET", key, n, "PXAT", 4102444800000 + 60000 * n) end
end
redis.call("XADD", "stream", "5-1", "f", "v")
return redis.call("DBSIZE")]]

-- Every key of a database, its value and the minute in which it ends, as one hash: MIGRATE hands on how long a key has still to live.
local DIGEST = [[
redis.call("SELECT", ARGV[1])
local keys, hash = redis.call("KEYS", "*"), ""
table.sort(keys)
for _, key in ipairs(keys) do
  local minute = math.floor(redis.call("PEXPIRETIME", key) / 60000 + 0.5)
  hash = redis.sha1hex(hash .. key .. "|" .. redis.call("DUMP", key) .. "|" .. minute)
end
return #keys .. " " .. hash]]

local function redis(alpine)
  local port = Site.free_port()
  with_site("redis", "7", { host = "127.0.0.1", port = tostring(port), authSecret = "db" }, function(site)
    if alpine then site:use_busybox() end
    site.secrets.db = { password = "se'cr\\et/:#$" }
    local client = ("REDISCLI_AUTH=%s redis-cli -e -p %d "):format(shell.quote(site.secrets.db.password), port)
    shell.write(site.folder .. "/redis.conf", ('port %d\nbind 127.0.0.1\nsave ""\nrequirepass "se\'cr\\\\et/:#$"\n'):format(port))
    site:start("exec redis-server " .. site.folder .. "/redis.conf", client .. "ping | grep PONG")
    local function call(words) return command("%s", client .. words) end
    call("-n 0 eval " .. shell.quote(FILL) .. " 0")
    call("-n 3 eval " .. shell.quote(FILL) .. " 0")
    local digest = "eval " .. shell.quote(DIGEST) .. " 0 "
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
    local function start(data)
      site:start(("exec etcd --data-dir %s --listen-client-urls http://127.0.0.1:%d --advertise-client-urls http://127.0.0.1:%d " ..
        "--listen-peer-urls http://127.0.0.1:%d"):format(data, port, port, peer), client .. "endpoint health")
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

-- --- files

local function files(alpine)
  with_site("pvc", nil, { check = "true" }, function(site)
    if alpine then site:use_busybox() end
    site.user = nil
    site.backup_job.spec.template.spec.volumes, site.restore_job.spec.template.spec.volumes = {}, {}
    local data = "/stash-data"
    command("! test -e %s && ln -s %s/data %s", data, site.folder, data)
    local ok, why = pcall(function()
      command([[cd %s/data && mkdir -p 'a b/c' empty && for n in $(seq 1 200); do printf '%%s' "$n" | sha256sum >"a b/c/f $n"; done
        printf x >"odd
name '\"\$" && chmod 640 'a b/c/f 7' && chown 1234:4321 'a b/c/f 8' && ln -s c 'a b/link' && touch -d @1000000 'a b/c/f 9']], site.folder)
      local function state()
        return command([[cd %s/data && find . -printf '%%p|%%y|%%m|%%U|%%G|%%s|%%l|%%T@\n' | grep -v '^\.|' | sort
          find . -type f -print0 | sort -z | xargs -0 sha256sum]], site.folder)
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
    os.remove(data)
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

local TESTS = { { "postgres", postgres }, { "mariadb", mariadb }, { "redis", redis }, { "redis, busybox", function() redis(true) end },
  { "etcd", etcd }, { "pvc", files }, { "pvc, busybox", function() files(true) end }, { "repository", repository } }

local wanted, chosen = { ... }, {}
for _, test in ipairs(TESTS) do
  for _, name in ipairs(wanted) do
    if test[1] == name then chosen[#chosen + 1] = test end
  end
end
return suite.run("catalogue on servers", #wanted > 0 and chosen or TESTS)
