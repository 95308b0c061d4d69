-- Checks of a Pod's volumes.
--
-- The restricted level's check of volume types takes the place of the baseline level's check of hostPath. Here it is two rules,
-- so that a hostPath volume is found under the same id at both levels.

local parts = include "parts.lua"

local volumes = {}

-- Sources that the restricted level allows. Kubernetes allows `image` in all versions since it knows such volumes.
local ALLOWED = { "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret" }

local function has_allowed_source(volume)
  for _, source in ipairs(ALLOWED) do
    if volume[source] ~= nil then return true end
  end
end

local function report_host_path(volume, report)
  report(volume, "hostPath", ('the volume "%s" is a path of the host'):format(volume.name), { hint = "use a claim or an emptyDir" })
end

function volumes.host_path_baseline(pod, report)
  for volume in parts.items(parts.child(pod, "spec"), "volumes") do
    if parts.child(volume, "hostPath") then report_host_path(volume, report) end
  end
end

function volumes.host_path_restricted(pod, report)
  for volume in parts.items(parts.child(pod, "spec"), "volumes") do
    if parts.child(volume, "hostPath") and not has_allowed_source(volume) then report_host_path(volume, report) end
  end
end

-- The source of a volume: its key beside the name. Nil when it has none.
local function source_of(volume)
  for key in pairs(volume) do
    if key ~= "name" then return key end
  end
end

function volumes.types(pod, report)
  for volume in parts.items(parts.child(pod, "spec"), "volumes") do
    if volume.hostPath == nil and not has_allowed_source(volume) then
      local source = source_of(volume)
      report(volume, source, ('the volume "%s" is %s'):format(volume.name, source and "of type " .. source or "of no type"),
        { hint = source and "use a claim" or "name its source: emptyDir: {}" })
    end
  end
end

return volumes
