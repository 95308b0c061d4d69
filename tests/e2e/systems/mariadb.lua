-- MariaDB; see tests/e2e/mysql.lua.
return dofile "tests/e2e/mysql.lua" {
  name = "mariadb", client = "mariadb",
  install = "mariadb-install-db --no-defaults --user=server --datadir=/data/db --force --auth-root-authentication-method=normal",
  server = "mariadbd --no-defaults",
  versions = {
    { version = "10.11", image = "mariadb:10.11" },
    { version = "10.5", image = "mariadb:10.5" },
    { version = "11", image = "mariadb:11", stopped = "TLS/SSL error: unexpected eof while reading" },
  },
}
