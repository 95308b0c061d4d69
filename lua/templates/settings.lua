-- runtimeSettings of an invoker, put over containers and Pods: one level of merging, field by field.
local diag = require "base.diag"
local load = require "engine.load"
local place = require "base.place"
local value = require "base.value"

local settings = {}

-- Puts an item into a list of named items: in the place of the one of its name, or at the end.
local function upsert(list, item, key)
  for i, other in ipairs(list) do
    if other[key] == item[key] then
      list[i] = item
      return
    end
  end
  list[#list + 1] = item
end
settings.upsert = upsert

local REPLACED = { "livenessProbe", "readinessProbe", "lifecycle", "securityContext" }

-- Copies a field, and remembers where it came from.
local function take(into, field, given)
  into[field] = value.copy(given[field])
  place.from(into, field, given, field)
end

-- In the original, requests and limits are replaced together, and only when there are limits; without its accidents, each for itself.
local function put_resources(container, resources, accidents)
  if resources and not accidents then
    container.resources = container.resources or {}
    for _, part in ipairs { "limits", "requests" } do
      if not value.is_empty(resources[part]) then take(container.resources, part, resources) end
    end
  end
  if not accidents or not resources or value.is_empty(resources.limits) then return end
  local merged = container.resources or {}
  merged.limits = value.copy(resources.limits)
  merged.requests = resources.requests and value.copy(resources.requests)
  container.resources = merged
end

local function env_of(container)
  container.env = container.env or {}
  return container.env
end

-- nice and ionice as variables of the environment.
local function put_priorities(container, given)
  local numbers = { NICE_ADJUSTMENT = value.get(given, "nice", "adjustment"), IONICE_CLASS = value.get(given, "ionice", "class"),
    IONICE_CLASS_DATA = value.get(given, "ionice", "classData") }
  for _, name in ipairs { "NICE_ADJUSTMENT", "IONICE_CLASS", "IONICE_CLASS_DATA" } do
    if numbers[name] then upsert(env_of(container), { name = name, value = tostring(numbers[name]) }, "name") end
  end
end
settings.put_priorities = put_priorities

local function put_env(container, given)
  for _, item in ipairs(given.env or {}) do
    local copy = value.copy(item)
    local field = value.get(copy, "valueFrom", "fieldRef")
    if field and value.is_empty(field.apiVersion) then field.apiVersion = "v1" end
    upsert(env_of(container), copy, "name")
  end
  put_priorities(container, given)
end

-- Puts the invoker's settings (may be nil) over a container.
function settings.put_container(container, given, accidents)
  if not given then return end
  put_resources(container, given.resources, accidents)
  for _, field in ipairs(REPLACED) do
    if given[field] then take(container, field, given) end
  end
  for _, source in ipairs(given.envFrom or {}) do
    container.envFrom = container.envFrom or {}
    table.insert(container.envFrom, value.copy(source))
  end
  put_env(container, given)
end

local IF_NOT_EMPTY = { "nodeSelector", "tolerations", "readinessGates", "nodeName", "schedulerName", "priorityClassName" }
local IF_PRESENT = { "automountServiceAccountToken", "affinity", "priority", "runtimeClassName", "enableServiceLinks",
  "topologySpreadConstraints", "securityContext" }

-- Puts the invoker's settings (may be nil) over a Pod's spec.
function settings.put_pod(pod, given)
  if not given then return end
  for _, field in ipairs(IF_NOT_EMPTY) do
    if not value.is_empty(given[field]) then take(pod, field, given) end
  end
  for _, field in ipairs(IF_PRESENT) do
    if given[field] ~= nil then take(pod, field, given) end
  end
  if not value.is_empty(given.imagePullSecrets) then
    pod.imagePullSecrets = value.copy(given.imagePullSecrets)
    local order = {}
    for i, secret in ipairs(pod.imagePullSecrets) do order[secret] = i end
    table.sort(pod.imagePullSecrets, function(a, b)
      local one, other = a.name or "", b.name or ""
      if one ~= other then return one < other end
      return order[a] < order[b]
    end)
  end
end

local function sources_of(volume)
  local sources = {}
  for field in value.pairs(volume) do
    if field ~= "name" then sources[#sources + 1] = field end
  end
  return sources
end

-- Volumes of equal name fall together into the first, field by field. In the original that may leave two sources in one; without its
-- accidents it is an error.
function settings.merge_volumes(volumes, accidents)
  local merged, by_name = load.list {}, {}
  for _, volume in ipairs(volumes) do
    local first = by_name[volume.name or ""]
    if not first then
      by_name[volume.name or ""] = volume
      merged[#merged + 1] = volume
    else
      for field, source in pairs(volume) do first[field] = source end
      if not accidents and #sources_of(first) > 1 then
        diag.raise { rule = "volume-sources", place = place.of(volume),
          message = ("the volume %s is given twice, with different sources: %s"):format(volume.name,
            table.concat(sources_of(first), ", ")) }
      end
    end
  end
  return merged
end

return settings
