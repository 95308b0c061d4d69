-- MariaDB, by mariadb-dump.
local both = require "catalog.mysql_dump"("mariadb-dump", "mariadb")

return {
  name = "mariadb",
  summary = "MariaDB: all databases and accounts, by mariadb-dump",
  tested = "rendered, shell parsed; end to end with MariaDB 10.11, on podman and Kubernetes",
  versions = { "10.5", "10.6", "10.11", "11" },
  image = "mariadb:%s",
  params = both.params, dump = both.dump, load = both.load,
}
