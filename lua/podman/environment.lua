-- The environment of a container, as the kubelet makes it: envFrom first, then env in order, with $(NAME) of what stands before.
--
--   environment(container, pod) -> list of { name, value, secret }, and the same by name
--
-- `pod` is podman.job's. What a reference names and nobody gave is an error, unless it is optional.
local expand = require "podman.expand"
local fields = require "podman.fields"

-- { name, secret } of a key or all keys.
local function source_of(each, kinds)
  for field, kind in pairs(kinds) do
    if each[field] then return each[field], kind end
  end
end

local KEYS = { secretKeyRef = "Secret", configMapKeyRef = "ConfigMap" }
local ALL = { secretRef = "Secret", configMapRef = "ConfigMap" }

-- A value from elsewhere: text and whether it is secret; nil where an optional one is not there.
local function text_of(from, pod, path)
  if from.fieldRef then return fields.field(from.fieldRef, pod, path .. ".fieldRef"), false end
  if from.resourceFieldRef then return fields.resource(from.resourceFieldRef, pod, path .. ".resourceFieldRef"), false end
  local ref, kind = source_of(from, KEYS)
  if not ref then pod:refuse(path, "is of a kind that only a cluster knows") end
  local keys, binary = pod:keys(kind, ref.name, ref.optional, path)
  local text = keys and not binary[ref.key] and keys[ref.key] or nil
  if keys and not text and not ref.optional then
    pod:refuse(path, ("the %s %s has no key %s"):format(kind, ref.name, tostring(ref.key)))
  end
  return text, kind == "Secret"
end

return function(container, pod, path)
  local list, named = {}, {}
  pod.current = container
  local function put(name, text, secret)
    local each = { name = name, value = text, secret = secret }
    if text:find "%z" then pod:refuse(path .. ".env", ("the value of %s holds a zero byte"):format(name)) end
    if named[name] then
      for i, other in ipairs(list) do
        if other.name == name then table.remove(list, i) break end
      end
    end
    list[#list + 1], named[name] = each, each
  end
  for i, each in ipairs(container.envFrom or {}) do
    local ref, kind = source_of(each, ALL)
    local at = ("%s.envFrom[%d]"):format(path, i - 1)
    local keys, binary
    if ref then keys, binary = pod:keys(kind, ref.name, ref.optional, at) end
    for _, key in ipairs(pod.sorted(keys or {})) do
      if not key:find "[=%z]" and not binary[key] then put((each.prefix or "") .. key, keys[key], kind == "Secret") end
    end
  end
  for i, each in ipairs(container.env or {}) do
    local at = ("%s.env[%d]"):format(path, i - 1)
    if each.valueFrom then
      local text, secret = text_of(each.valueFrom, pod, at .. ".valueFrom")
      if text then put(each.name, text, secret) end
    else put(each.name, expand(each.value or "", named)) end
  end
  return list, named
end
