-- runtimeSettings of an invoker, put over containers and Pods: one level of merging, field by field.
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

-- Puts the invoker's settings (may be nil) over a container. `how` are the manners.
function settings.put_container(container, given, how)
  if not given then return end
  how.put_resources(container, given.resources)
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

return settings
