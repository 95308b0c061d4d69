-- runtimeSettings of an invoker, put over containers and Pods: one level of merging, field by field.
local diag = require "base.diag"
local load = require "engine.load"
local place = require "base.place"
local quantity = require "base.quantity"
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

-- Requests and limits as in the original: replaced together, and only when there are limits.
local function replace_resources(container, given)
  if value.is_empty(given.limits) then return end
  local merged = container.resources or {}
  merged.limits = value.copy(given.limits)
  merged.requests = given.requests and value.copy(given.requests)
  container.resources = merged
end

-- Resources of which nobody gets more than was requested: request and limit must be equal.
local function is_exact(name) return name:find "^hugepages%-" or (name:find("/", 1, true) and not name:find("kubernetes.io/", 1, true)) end

-- Makes one of a request and a limit, the one that `weak` holds, go with the other.
local function reconcile(weak, strong, name, weak_is_request)
  local one, other = quantity(weak[name]), quantity(strong[name])
  if not one or not other or one == other then return end
  if is_exact(name) or (weak_is_request and one > other) or (not weak_is_request and one < other) then take(weak, name, strong) end
end

-- Requests and limits each for itself. Where only one of them was given and the Function's other does not go with it, which an API
-- server would refuse, what was given counts: a request comes down to the limit, a limit up to the request.
local function merge_resources(container, given)
  local merged = container.resources or {}
  container.resources = merged
  local limits, requests = not value.is_empty(given.limits), not value.is_empty(given.requests)
  if limits then take(merged, "limits", given) end
  if requests then take(merged, "requests", given) end
  if limits == requests or not merged.limits or not merged.requests then return end
  local weak, strong = merged.requests, merged.limits
  if requests then weak, strong = strong, weak end
  for _, name in ipairs(value.keys(weak)) do
    if limits and is_exact(name) and not strong[name] then take(strong, name, weak) end
    reconcile(weak, strong, name, limits)
  end
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
  if given.resources then (accidents and replace_resources or merge_resources)(container, given.resources) end
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

local NOT_FOR_INIT = { "livenessProbe", "readinessProbe", "startupProbe", "lifecycle" }

-- Takes from a Pod's init containers what an API server refuses there (but where they run on beside the others). Returns warnings, one
-- for each place in the user's files.
function settings.strip_init(pod)
  local warnings, told = {}, {}
  for _, container in ipairs(pod.initContainers or {}) do
    for _, field in ipairs(container.restartPolicy ~= "Always" and NOT_FOR_INIT or {}) do
      local at = container[field] and place.of(container, field)
      local key = at and ("%s:%d:%d"):format(at.file, at.line, at.column)
      if at and not told[key] then
        told[key] = true
        warnings[#warnings + 1] = { rule = "init-container", severity = "warning", place = at,
          message = ("%s is left out of %s, an init container, which can have none"):format(field, container.name) }
      end
      container[field] = nil
    end
  end
  return warnings
end

local function sources_of(volume)
  local sources = {}
  for field in value.pairs(volume) do
    if field ~= "name" then sources[#sources + 1] = field end
  end
  return sources
end

-- An API server refuses a volume with two sources.
local function check_sources(volume, given, words)
  local sources = sources_of(volume)
  if #sources < 2 then return end
  diag.raise { rule = "volume-sources", place = place.of(given) or place.of(volume),
    message = ("the volume %s %s: %s"):format(volume.name or "", words, table.concat(sources, ", ")) }
end

-- Volumes of equal name fall together into the first, field by field. In the original that may leave two sources in one; without its
-- accidents it is an error.
function settings.merge_volumes(volumes, accidents)
  local merged, by_name = load.list {}, {}
  for _, volume in ipairs(volumes) do
    local first = by_name[volume.name or ""]
    if not accidents then check_sources(volume, volume, "has several sources") end
    if not first then
      by_name[volume.name or ""] = volume
      merged[#merged + 1] = volume
    else
      for field, source in pairs(volume) do first[field] = source end
      if not accidents then check_sources(first, volume, "is given twice, with different sources") end
    end
  end
  return merged
end

return settings
