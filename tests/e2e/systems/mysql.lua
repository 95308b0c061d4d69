-- MySQL, where transactions have identifiers (GTIDs), as those that replicate do; see tests/e2e/mysql.lua.
return dofile "tests/e2e/mysql.lua" {
  name = "mysql", client = "mysql",
  install = "mysqld --no-defaults --initialize-insecure --datadir=/data/db",
  server = "mysqld --no-defaults --mysqlx=off --secure-file-priv=NULL --gtid-mode=on --enforce-gtid-consistency=on",
  versions = {
    { version = "9", image = "mysql:9" },
    { version = "8.0", image = "mysql:9", client_image = "mysql:9" }, -- its Task, with the programs of 9
  },
}
