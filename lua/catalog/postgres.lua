-- PostgreSQL: the roles, and every database by itself, so that each is dumped as of one moment. A dump is not compressed: restic does that,
-- and finds what has not changed since.
--
-- A restore drops and creates the databases that were dumped, and leaves others alone; nobody may be connected to them. Roles that are
-- there stay, with the attributes that they had at the backup, but for the role that restores, which keeps its own.
return {
  name = "postgres",
  summary = "PostgreSQL: roles and all databases, by pg_dump",
  tested = "rendered, shell parsed; end to end with PostgreSQL 13, 15, 17 and 18 on podman, with 15 on Kubernetes",
  versions = { "9.6", "10", "11", "12", "13", "14", "15", "16", "17", "18" },
  image = "postgres:%s",
  params = {
    { name = "host", env = "PGHOST", default = "${APPBINDING_HOST:=${TARGET_NAME:=postgres}}", summary = "the server" },
    { name = "port", env = "PGPORT", default = "${APPBINDING_PORT:=5432}", summary = "its port" },
    { name = "sslMode", env = "PGSSLMODE", default = "prefer", summary = "sslmode of the connection" },
    { name = "userKey", env = "PGUSER", key = true, default = "username", summary = "the key of the user's name in the Secret" },
    { name = "passwordKey", env = "PGPASSWORD", key = true, default = "password", summary = "the key of the password in the Secret" },
    { name = "maintenanceDb", env = "MAINTENANCE_DB", default = "template1", summary = "the database to connect to for lists and roles" },
  },
  dump = {
    params = {
      { name = "databases", env = "DATABASES", default = "",
        summary = "databases with blanks between (default: all that allow connections)" },
      { name = "roles", env = "ROLES", default = "true", summary = "whether roles are dumped, which only a superuser may" },
      { name = "pgDumpArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of pg_dump" },
    },
    body = [=[
export PGCONNECT_TIMEOUT=30 PGAPPNAME=moonstep
if [ -n "$DATABASES" ]; then
  psql -X -q -d "$MAINTENANCE_DB" -c 'select 1' >/dev/null
  for name in $DATABASES; do printf '%s\n' "$name"; done >"$dir/databases"
else
  psql -X -A -t -q -d "$MAINTENANCE_DB" -c 'select datname from pg_database where datallowconn and not datistemplate order by datname' \
    >"$dir/databases"
fi
if [ "$ROLES" = true ]; then pg_dumpall --roles-only --database="$MAINTENANCE_DB" --file="$dir/roles.sql"; fi
number=0
while IFS= read -r name; do
  number=$((number + 1))
  set -- --format=custom --compress=0 --create --file="$dir/$number.dump"
  for word in $DUMP_ARGS; do set -- "$@" "$word"; done
  PGDATABASE=$name pg_dump "$@"
done <"$dir/databases"
]=],
  },
  load = {
    params = {
      { name = "pgRestoreArgs", env = "RESTORE_ARGS", default = "", summary = "more arguments of pg_restore" },
    },
    body = [=[
export PGCONNECT_TIMEOUT=30 PGAPPNAME=moonstep
if [ -f "$dir/roles.sql" ]; then
  own=$(psql -X -A -t -q -d "$MAINTENANCE_DB" -c 'select quote_ident(current_user)')
  OWN="ALTER ROLE $own WITH " awk '
    index($0, ENVIRON["OWN"]) == 1 { next }
    /^CREATE ROLE .*;$/ { print "DO $roles$ BEGIN " $0 " EXCEPTION WHEN duplicate_object THEN NULL; END $roles$;"; next }
    { print }' "$dir/roles.sql" >"$dir/roles.load.sql"
  psql -X -q -v ON_ERROR_STOP=1 -d "$MAINTENANCE_DB" -f "$dir/roles.load.sql" >&2
fi
number=0
while IFS= read -r name; do
  number=$((number + 1))
  echo "restoring the database $name" >&2
  set -- --clean --if-exists --create --exit-on-error --dbname="$MAINTENANCE_DB"
  for word in $RESTORE_ARGS; do set -- "$@" "$word"; done
  pg_restore "$@" "$dir/$number.dump"
done <"$dir/databases"
]=],
  },
}
