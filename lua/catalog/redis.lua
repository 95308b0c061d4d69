-- Redis: an RDB file, as a replica gets it.
--
-- No server loads such a file while it runs. So a restore starts one of its own beside the file, which listens on a socket only, and that
-- one sends every key to the target with MIGRATE, a thousand at a time. Keys that are there are replaced; with flush, all others are
-- removed before. Keys that end live on for as long as they had left. Functions (Redis 7) are no keys and are not brought back. The target
-- is reached without TLS.

-- A program is asked for something, whose answer must end with what is wanted. Its exit status does not tell before Redis 7.
local EXPECT = [=[
expect() {
  wanted=$1
  shift
  said=$("$@" 2>&1) || true
  case "$said" in
    *"$wanted") ;;
    *)
      echo "error: $DB_HOST:$DB_PORT answers: $(printf %s "${said:-nothing}" | tr '\n' ' ')" >&2
      exit 1
      ;;
  esac
}
]=]

return {
  name = "redis",
  summary = "Redis: all keys of all databases, by redis-cli --rdb",
  tested = "rendered, shell parsed; end to end with Redis 6.0, 7.0 and 8.0 on podman, with 7.0 on Kubernetes",
  versions = { "5", "6", "7", "8" },
  image = "redis:%s",
  params = {
    { name = "host", env = "DB_HOST", default = "${APPBINDING_HOST:=${TARGET_NAME:=redis}}", summary = "the server" },
    { name = "port", env = "DB_PORT", default = "${APPBINDING_PORT:=6379}", summary = "its port" },
    { name = "passwordKey", env = "REDISCLI_AUTH", key = true, optional = true, default = "password",
      summary = "the key of the password in the Secret; without it or the Secret, none is sent" },
  },
  dump = {
    params = {
      { name = "redisArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of redis-cli, such as --tls" },
    },
    body = EXPECT .. [=[
if [ -z "${REDISCLI_AUTH:-}" ]; then unset REDISCLI_AUTH; fi
set -- -h "$DB_HOST" -p "$DB_PORT"
for word in $DUMP_ARGS; do set -- "$@" "$word"; done
expect PONG redis-cli "$@" ping
redis-cli "$@" --rdb "$dir/dump.rdb" >&2
if [ "$(head -c 5 "$dir/dump.rdb")" != REDIS ]; then
  echo "error: what $DB_HOST:$DB_PORT sent is no RDB file" >&2
  exit 1
fi
]=],
  },
  load = {
    params = {
      { name = "flush", env = "FLUSH", default = "true", summary = "whether keys that the backup does not hold are removed" },
      { name = "timeout", env = "TIMEOUT", default = "60000", summary = "milliseconds that the target may be silent" },
    },
    body = EXPECT .. [=[
password=${REDISCLI_AUTH:-}
socket=$dir/load.sock
server=
cleanup() { if [ -n "$server" ]; then kill "$server" && wait "$server"; fi; }
redis-server --port 0 --unixsocket "$socket" --dir "$dir" --dbfilename dump.rdb --save '' --appendonly no --databases 1024 \
  --daemonize no >"$dir/load.log" 2>&1 &
server=$!
unset REDISCLI_AUTH
target() { if [ -n "$password" ]; then REDISCLI_AUTH=$password redis-cli -h "$DB_HOST" -p "$DB_PORT" "$@"; else
  redis-cli -h "$DB_HOST" -p "$DB_PORT" "$@"; fi; }
until [ "$(redis-cli -s "$socket" ping 2>/dev/null)" = PONG ]; do
  if ! kill -0 "$server" 2>/dev/null; then
    tail -n 3 "$dir/load.log" >&2
    exit 1
  fi
  sleep 1
done
expect PONG target ping
if [ "$FLUSH" = true ]; then expect OK target flushall; fi
redis-cli -s "$socket" info keyspace >"$dir/keyspace"
databases=$(sed -n -e 's/^db\([0-9]*\):.*/\1/p' "$dir/keyspace")
for database in $databases; do
  printf '%s' "$password" >"$dir/password"
  redis-cli -s "$socket" -x eval '
    if redis.replicate_commands then redis.replicate_commands() end
    local host, port, database, timeout, password = unpack(ARGV)
    redis.call("SELECT", database)
    local cursor, sent = "0", 0
    repeat
      local page = redis.call("SCAN", cursor, "COUNT", 1000)
      cursor = page[1]
      if #page[2] > 0 then
        local command = { "MIGRATE", host, port, "", database, timeout, "COPY", "REPLACE" }
        if password ~= "" then command[#command + 1] = "AUTH"; command[#command + 1] = password end
        command[#command + 1] = "KEYS"
        for _, key in ipairs(page[2]) do command[#command + 1] = key end
        redis.call(unpack(command))
        sent = sent + #page[2]
      end
    until cursor == "0"
    return "sent " .. sent
  ' 0 "$DB_HOST" "$DB_PORT" "$database" "$TIMEOUT" <"$dir/password" >"$dir/sent" 2>&1 || true
  rm -f "$dir/password"
  cat "$dir/sent" >&2
  if ! grep -q '^sent ' "$dir/sent"; then exit 1; fi
done
]=],
  },
}
