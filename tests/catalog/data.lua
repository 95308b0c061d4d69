-- Data for the catalogue's systems to bring back: texts that fill a server or folder, and texts that print all of it in one order, so that
-- two outputs are equal where every row, key or file is. Names and contents are awkward ones.
local data = {}

-- --- PostgreSQL: two databases with the same tables, and roles

data.postgres = { odd = "or'ders $(id); \"x\" = é" }

data.postgres.tables = [[
create table items (id int primary key, name text, price numeric, at timestamptz, blob bytea, tags text[]);
insert into items select n, 'item ' || n || E'\n\t''"\\' , n / 7.0, to_timestamp(n * 1000), sha256(n::text::bytea), array[n::text, null]
  from generate_series(1, 5000) n;
create index on items (name); create sequence numbers start 42; select nextval('numbers');
create function twice(n int) returns int language sql as 'select n * 2'; alter table items owner to "clerk 'x'";
create view dear as select * from items where price > 100;
]]

data.postgres.state = [[
select md5(string_agg(items::text, '|' order by id)), count(*) from items;
select last_value, is_called from numbers; select twice(21); select count(*) from dear;
select tableowner, (select string_agg(indexname, ',' order by indexname) from pg_indexes where tablename = 'items') from pg_tables
  where tablename = 'items';
]]

data.postgres.databases = [[
create role "clerk 'x'" login password 'one'; create role team; grant team to "clerk 'x'";
create database plain; create database "or'ders $(id); ""x"" = é"; create database gone;
]]
data.postgres.roles = "select rolname, rolpassword, rolcanlogin from pg_authid order by 1; select count(*) from pg_auth_members"
data.postgres.destroy = [[
drop database plain; drop database "or'ders $(id); ""x"" = é"; drop role "clerk 'x'"; drop database if exists later; create database later;
]]

-- --- MySQL and MariaDB

data.mysql = {} -- the event is in a database of its own, as mariadb-dump finds none beside a quote in the name

data.mysql.fill = [[
create database `sh'op $(x)` character set utf8mb4; use `sh'op $(x)`;
create table digits (d int primary key); insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
create table items (id int primary key, name text, price decimal(10, 3), blob_ varbinary(64), at timestamp(6), more json,
  twice int as (id * 2) stored) engine=InnoDB;
insert into items (id, name, price, blob_, at, more) select n, concat('item ', n, '\n\'"\\ é'), n / 7, unhex(sha2(n, 256)),
  from_unixtime(n * 1000), json_object('n', n, 'é', '"')
  from (select 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d n from digits a, digits b, digits c, digits e where e.d < 5) numbers;
create view dear as select * from items where price > 100;
create user clerk@localhost identified by 'one'; grant select on items to clerk@localhost;
create database plain; create event plain.nightly on schedule every 1 day do set @x = '"';
delimiter //
create procedure twice(n int) begin select n * 2; end //
create trigger lower_ before insert on items for each row begin set new.name = lower(new.name); end //
]]
data.mysql.state = [[
set session group_concat_max_len = 1 << 30; use `sh'op $(x)`;
select sha2(group_concat(concat_ws('|', id, name, price, hex(blob_), at, more, twice) order by id), 256), count(*) from items;
select count(*) from dear; call twice(21); show grants for clerk@localhost; show create user clerk@localhost;
select trigger_name, action_statement from information_schema.triggers where trigger_name = 'lower_';
select event_name, event_definition, status from information_schema.events;
]]
data.mysql.destroy = "drop database `sh'op $(x)`; drop database plain; drop user clerk@localhost; create database if not exists later"

-- --- Redis: scripts

data.redis = {}

data.redis.fill = [[
for n = 1, 5000 do
  local key = "key " .. n .. "\r\n'\"\0\255"
  if n % 4 == 0 then redis.call("RPUSH", key, n, n + 1, "\0\1") elseif n % 4 == 1 then redis.call("HSET", key, "a", n, "\255", "x")
  elseif n % 4 == 2 then redis.call("ZADD", key, n / 7, "m")
  else redis.call("SET", key, n); redis.call("PEXPIREAT", key, 4102444800000 + 60000 * n) end
end
redis.call("XADD", "stream", "5-1", "f", "v")
return redis.call("DBSIZE")]]

-- Every key of a database, its value and the minute in which it ends, as one hash: MIGRATE hands on how long a key has still to live.
data.redis.digest = [[
redis.call("SELECT", ARGV[1])
local keys, hash, time = redis.call("KEYS", "*"), "", redis.call("TIME")
table.sort(keys)
for _, key in ipairs(keys) do
  local left = redis.call("PTTL", key)
  local minute = left < 0 and left or math.floor((time[1] * 1000 + left) / 60000 + 0.5)
  hash = redis.sha1hex(hash .. key .. "|" .. redis.call("DUMP", key) .. "|" .. minute)
end
return #keys .. " " .. hash]]

-- --- files of a folder: shell texts that run in it

data.files = {}

data.files.fill = [[mkdir -p 'a b/c' empty && for n in $(seq 1 200); do printf '%s' "$n" | sha256sum >"a b/c/f $n"; done
printf x >"odd
name '\"\$" && chmod 640 'a b/c/f 7' && chown 1234:4321 'a b/c/f 8' && ln -s c 'a b/link' && touch -d @1000000 'a b/c/f 9']]

data.files.state = [[find . -printf '%p|%y|%m|%U|%G|%s|%l|%T@\n' | grep -v '^\.|' | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum]]

return data
