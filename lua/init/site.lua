-- Where this site's variables come from, and what its Jobs may look like. `moonstep help api` lists what scripts can do; editors with the
-- Lua language server know it from moonstep.meta.lua.

-- The row of a database in the inventory, or nil.
local function row_of(database)
  for _, row in ipairs(csv.read "inventory.csv") do
    if row.database == database then return row end
  end
end

provider "inventory" {
  summary   = "host and owner of a database",
  variables = { "DB_HOST", "DB_OWNER" },        -- names, or globs such as DB_*, that it may answer
  needs     = { read = { "inventory.csv" } },   -- what moonstep.yaml must grant
  resolve   = function(name, ctx)
    local row = row_of(ctx:variable "DATABASE")
    return row and row[name:match("DB_(.*)"):lower()]   -- nil: not mine, ask the next one
  end,
}

rule "image-tagged" {
  summary  = "every image has a tag other than latest",
  kinds    = { "Job", "CronJob" },
  severity = "error",
  check    = function(job, report)
    for container in k8s.containers(job) do
      local tag = container.image:match ":([^/:]+)$"
      if not tag or tag == "latest" then
        report(container, "image", container.image .. " may be another image tomorrow", { hint = "name a version, or a digest" })
      end
    end
  end,
}
