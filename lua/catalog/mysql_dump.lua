-- What MySQL and MariaDB have in common: a dump of all databases as one text of SQL, accounts included, by the program of that name.
--
-- A restore runs that text: it brings back what the dump holds, and leaves databases that it does not hold alone.

-- mysql_dump(dump program, client program, more arguments of the first) -> params, dump, load of a system's table
return function(dump, client, more)
  return {
    params = {
      { name = "host", env = "DB_HOST", default = "${APPBINDING_HOST:=${TARGET_NAME:=database}}", summary = "the server" },
      { name = "port", env = "DB_PORT", default = "${APPBINDING_PORT:=3306}", summary = "its port" },
      { name = "userKey", env = "DB_USER", key = true, default = "username", summary = "the key of the user's name in the Secret" },
      { name = "passwordKey", env = "MYSQL_PWD", key = true, default = "password", summary = "the key of the password in the Secret" },
    },
    dump = {
      params = {
        { name = "databases", env = "DATABASES", default = "", summary = "databases with blanks between (default: all)" },
        { name = "dumpArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of " .. dump },
      },
      body = ([=[
set -- --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --protocol=tcp
set -- "$@" --single-transaction --quick --routines --events --triggers --hex-blob --result-file="$dir/all.sql"MORE
for word in $DUMP_ARGS; do set -- "$@" "$word"; done
if [ -n "$DATABASES" ]; then
  set -- "$@" --databases
  for name in $DATABASES; do set -- "$@" "$name"; done
else
  set -- "$@" --all-databases --flush-privileges
fi
DUMP "$@"
tail -n 1 "$dir/all.sql" >"$dir/end"
if ! grep -q '^-- Dump completed' "$dir/end"; then
  echo "error: DUMP ended before its dump did" >&2
  exit 1
fi
]=]):gsub("DUMP ", dump .. " "):gsub("MORE", more and " " .. more or ""),
    },
    load = {
      params = { { name = "loadArgs", env = "LOAD_ARGS", default = "", summary = "more arguments of " .. client } },
      body = ([=[
set -- --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --protocol=tcp --batch
for word in $LOAD_ARGS; do set -- "$@" "$word"; done
CLIENT "$@" <"$dir/all.sql" >&2
]=]):gsub("CLIENT ", client .. " "),
    },
  }
end
