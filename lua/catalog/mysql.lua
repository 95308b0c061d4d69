-- MySQL, by mysqldump.
--
-- A dump holds no identifiers of transactions (GTIDs): a server refuses those that it knows, and it knows them where it is the one that was
-- backed up. So a restore is a change like any other, which gets identifiers of its own and goes to replicas.
local both = require "catalog.mysql_dump"("mysqldump", "mysql", "--set-gtid-purged=OFF")

return {
  name = "mysql",
  summary = "MySQL: all databases and accounts, by mysqldump",
  tested = "rendered, shell parsed; end to end with MySQL 9.7, on podman and Kubernetes",
  versions = { "5.7", "8.0", "8.4", "9" },
  image = "mysql:%s",
  params = both.params, dump = both.dump, load = both.load,
}
