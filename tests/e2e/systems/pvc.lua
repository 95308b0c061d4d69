-- A claim: every file with its mode, owner, time and content, links and names of any bytes.
local data = dofile "tests/catalog/data.lua"
local function inside(site, text) return site:at("files", text) end

return {
  name = "pvc", kind = "PersistentVolumeClaim", target = "files",
  params = function() return {} end,
  fill = function(site) inside(site, data.files.fill) end,
  state = function(site) return inside(site, data.files.state) end,
  destroy = function(site) inside(site, "find . -mindepth 1 -delete") end,
}
