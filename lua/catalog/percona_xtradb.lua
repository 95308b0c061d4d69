-- Percona XtraDB and MySQL, file by file: xtrabackup copies the data files of a server that runs, so its claim is mounted, beside the
-- server: the Pod has to be on the node of a claim that only one node may mount. One of several nodes is enough.
--
-- A restore prepares the copy and puts it into a claim that must be empty, of a server that does not run. Other nodes of a cluster get
-- their data from that one when they join.
local CLAIM = { name = "dataClaim", path = "/var/lib/mysql", default = "datadir-${TARGET_NAME:=pxc}-0",
  summary = "the claim of the data files" }
local MYSQL = 1001 -- the user of the data files in Percona's images

return {
  name = "percona-xtradb",
  summary = "Percona XtraDB: all data files, by xtrabackup",
  tested = "rendered, shell parsed; shell text run with MariaDB's server and forks of the programs",
  versions = { "5.7", "8.0" },
  image = { ["5.7"] = "percona/percona-xtrabackup:2.4", ["8.0"] = "percona/percona-xtrabackup:8.0" },
  dump = {
    claim = CLAIM, user = MYSQL,
    params = {
      { name = "host", env = "DB_HOST", default = "${APPBINDING_HOST:=${TARGET_NAME:=pxc}}", summary = "the server whose files these are" },
      { name = "port", env = "DB_PORT", default = "${APPBINDING_PORT:=3306}", summary = "its port" },
      { name = "userKey", env = "DB_USER", key = true, default = "username", summary = "the key of the user's name in the Secret" },
      { name = "passwordKey", env = "MYSQL_PWD", key = true, default = "password", summary = "the key of the password in the Secret" },
      { name = "xtrabackupArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of xtrabackup" },
    },
    body = [=[
set -- --backup --datadir=/var/lib/mysql --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --stream=xbstream
for word in $DUMP_ARGS; do set -- "$@" "$word"; done
xtrabackup "$@" --target-dir="$dir" >"$dir/backup.xbstream"
]=],
  },
  load = {
    claim = CLAIM, user = MYSQL,
    params = {
      { name = "prepareMemory", env = "PREPARE_MEMORY", default = "512M", summary = "what xtrabackup --prepare may use for pages" },
    },
    body = [=[
set +f
for file in /var/lib/mysql/* /var/lib/mysql/.[!.]*; do
  case "$file" in
    */lost+found) ;;
    *)
      if [ -e "$file" ]; then
        echo "error: the claim is not empty: there is $file" >&2
        exit 1
      fi
      ;;
  esac
done
rm -rf "$DATA_DIR/percona-xtradb.files"
mkdir "$DATA_DIR/percona-xtradb.files"
xbstream -x -C "$DATA_DIR/percona-xtradb.files" <"$dir/backup.xbstream"
rm -f "$dir/backup.xbstream"
xtrabackup --prepare --use-memory="$PREPARE_MEMORY" --target-dir="$DATA_DIR/percona-xtradb.files"
xtrabackup --move-back --datadir=/var/lib/mysql --target-dir="$DATA_DIR/percona-xtradb.files"
]=],
  },
}
