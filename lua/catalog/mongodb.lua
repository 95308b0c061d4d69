-- MongoDB: one archive by mongodump. The password goes to its standard input, where it asks for it.
--
-- A restore drops each collection of the archive before it loads it, and leaves others alone.
local CONNECTION = [=[
set -- --host="$DB_HOST" --port="$DB_PORT"
password=
if [ -n "${DB_USER:-}" ]; then
  set -- "$@" --username="$DB_USER" --authenticationDatabase="$AUTH_DB"
  password=$DB_PASSWORD
fi
]=]

return {
  name = "mongodb",
  summary = "MongoDB: all databases and users, by mongodump",
  tested = "rendered, shell parsed",
  versions = { "3.4", "3.6", "4.0", "4.2", "4.4", "5.0", "6.0" },
  image = "mongo:%s",
  params = {
    { name = "host", env = "DB_HOST", default = "${APPBINDING_HOST:=${TARGET_NAME:=mongodb}}",
      summary = "the server, or NAME/HOST,HOST of a replica set" },
    { name = "port", env = "DB_PORT", default = "${APPBINDING_PORT:=27017}", summary = "its port" },
    { name = "userKey", env = "DB_USER", key = true, optional = true, default = "username",
      summary = "the key of the user's name in the Secret; without it or the Secret, nobody logs in" },
    { name = "passwordKey", env = "DB_PASSWORD", key = true, optional = true, default = "password",
      summary = "the key of the password in the Secret" },
    { name = "authDb", env = "AUTH_DB", default = "admin", summary = "the database that knows the user" },
  },
  dump = {
    params = { { name = "dumpArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of mongodump, such as --oplog or --ssl" } },
    body = CONNECTION .. [=[
for word in $DUMP_ARGS; do set -- "$@" "$word"; done
mongodump "$@" --archive="$dir/dump.archive" <<PASSWORD
$password
PASSWORD
]=],
  },
  load = {
    params = { { name = "loadArgs", env = "LOAD_ARGS", default = "", summary = "more arguments of mongorestore, such as --oplogReplay" } },
    body = CONNECTION .. [=[
for word in $LOAD_ARGS; do set -- "$@" "$word"; done
mongorestore "$@" --drop --archive="$dir/dump.archive" <<PASSWORD
$password
PASSWORD
]=],
  },
}
