-- MySQL, by mysqldump.
local both = require "catalog.mysql_dump"("mysqldump", "mysql")

return {
  name = "mysql",
  summary = "MySQL: all databases and accounts, by mysqldump",
  tested = "rendered, shell parsed",
  versions = { "5.7", "8.0" },
  image = "mysql:%s",
  params = both.params, dump = both.dump, load = both.load,
}
