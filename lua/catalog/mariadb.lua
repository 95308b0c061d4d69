-- MariaDB, by mariadb-dump.
--
-- That program (10.5 to 11.8) ends with "Unknown database" where a database has events and a quote in its name.
local both = require "catalog.mysql_dump"("mariadb-dump", "mariadb")

return {
  name = "mariadb",
  summary = "MariaDB: all databases and accounts, by mariadb-dump",
  tested = "rendered, shell parsed; end to end with MariaDB 10.5, 10.11 and 11.8 on podman, with 10.11 on Kubernetes",
  versions = { "10.5", "10.6", "10.11", "11" },
  image = "mariadb:%s",
  params = both.params, dump = both.dump, load = both.load,
}
