-- A claim: every file with its mode, owner, time and content, links and names of any bytes. As nothing but restic takes part, this is where
-- other versions of it are run.
local data = dofile "tests/catalog/data.lua"
local function inside(site, text) return site:at("files", text) end

return {
  name = "pvc",
  versions = {
    {},
    { title = "pvc, restic 0.18", restic_image = "restic/restic:0.18.0" },
  },
  kind = "PersistentVolumeClaim", target = "files",
  params = function() return {} end,
  fill = function(site) inside(site, data.files.fill) end,
  state = function(site) return inside(site, data.files.state) end,
  destroy = function(site) inside(site, "find . -mindepth 1 -delete") end,
}
