-- What a container may be told about its own Pod (fieldRef, resourceFieldRef), in the environment or in files.
local quantity = require "base.quantity"
local value = require "base.value"

local fields = {}

-- "a" = … lines, as files of labels and annotations have them.
local function lines_of(map, pod)
  local lines = {}
  for i, key in ipairs(pod.sorted(map or {})) do lines[i] = ("%s=%q"):format(key, map[key]):gsub("\\\n", "\\n") end
  return table.concat(lines, "\n")
end

-- field({ fieldPath }, pod, path) -> text
function fields.field(ref, pod, path)
  local metadata, spec = pod.metadata, pod.spec
  local map, key = (ref.fieldPath or ""):match "^metadata%.(%l+)%['(.*)'%]$"
  if map == "labels" or map == "annotations" then return value.get(metadata, map, key) or "" end
  local known = {
    ["metadata.name"] = pod.pod_name, ["metadata.namespace"] = pod.namespace, ["metadata.uid"] = pod.uid,
    ["metadata.labels"] = lines_of(metadata.labels, pod), ["metadata.annotations"] = lines_of(metadata.annotations, pod),
    ["spec.nodeName"] = "localhost", ["spec.serviceAccountName"] = spec.serviceAccountName or "default",
    ["status.podIP"] = "127.0.0.1", ["status.podIPs"] = "127.0.0.1", ["status.hostIP"] = "127.0.0.1", ["status.hostIPs"] = "127.0.0.1",
  }
  return known[ref.fieldPath] or pod:refuse(path .. ".fieldPath", ("there is no field %s"):format(tostring(ref.fieldPath)))
end

-- resource({ containerName, resource, divisor }, pod, path) -> a number as text, rounded up
function fields.resource(ref, pod, path)
  local container = ref.containerName == nil and pod.current or pod:container(ref.containerName)
  if not container then
    pod:refuse(path .. ".containerName", ref.containerName and "there is no container " .. ref.containerName or "it names no container")
  end
  local list, name = (ref.resource or ""):match "^(%l+)%.(.+)$"
  if list ~= "limits" and list ~= "requests" then pod:refuse(path .. ".resource", "it must be of limits or requests") end
  local given = value.get(container, "resources", list, name) or value.get(container, "resources", "limits", name)
  if not given and list == "limits" then
    pod:refuse(path, ("%s has no limit of %s, and a cluster would tell what its node has"):format(container.name, name))
  end
  local amount = quantity(given or 0)
  local divisor = quantity(ref.divisor or 1)
  if not amount or not divisor then pod:refuse(path, "it holds no quantity") end
  return ("%d"):format(math.ceil(amount / (divisor == 0 and 1 or divisor)))
end

return fields
