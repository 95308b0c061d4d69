-- Which objects there are, and how one names another.
--
-- An object without a namespace gets one when it is applied; until then it counts as in any.
local read = include "read.lua"

local function namespace_of(object) return read.text_at(object, "metadata", "namespace") end

-- of(objects) -> index
local function of(objects)
  local self = { kinds = {}, sessions = {} }
  for _, object in ipairs(objects) do
    local kind, name = object.kind, read.text_at(object, "metadata", "name")
    if name then
      self.kinds[kind] = self.kinds[kind] or {}
      self.kinds[kind][name] = self.kinds[kind][name] or {}
      table.insert(self.kinds[kind][name], object)
    end
    if kind == "BackupSession" then
      local invoker = read.map_at(object, "spec", "invoker") or {}
      self.sessions[("%s %s"):format(read.text(invoker.kind), read.text(invoker.name))] = true
    end
  end
  return self
end

-- find(index, kind, namespace or nil, name) -> object or nil
local function find(self, kind, namespace, name)
  for _, object in ipairs(self.kinds[kind] and self.kinds[kind][name] or {}) do
    local own = namespace_of(object)
    if not own or not namespace or own == namespace then return object end
  end
end

-- Whether rendering looks up what the invoker names, and says what is missing.
local function is_rendered(self, object)
  return read.is_restore(object) or self.sessions[("%s %s"):format(object.kind, read.text_at(object, "metadata", "name"))]
end

local function is_appbinding(ref)
  local group = (read.text_at(ref, "apiVersion") or ""):match "^(.-)/"
  return read.at(ref, "kind") == "AppBinding" and group == "appcatalog.appscode.com"
end

-- The AppBinding that a part of an invoker is about; nil, true when it is one that is not given.
local function appbinding(self, object, part)
  local ref = read.map_at(part, "target", "ref")
  if not is_appbinding(ref) then return nil, false end
  local found = find(self, "AppBinding", read.text(ref.namespace) or namespace_of(object), read.text(ref.name) or "")
  return found, not found
end

-- task_name(index, invoker, part) -> the name of its Task, and the map with that name; nil when there is none; nil, nil, true when
-- that cannot be said.
local function task_name(self, object, part)
  local task = read.map_at(part, "task")
  if read.text_at(task, "name") then return task.name, task end
  local bound, unknown = appbinding(self, object, part)
  local addon = read.map_at(bound, "spec", "parameters", "stash", "addon", read.is_restore(object) and "restoreTask" or "backupTask")
  if read.text_at(addon, "name") then return addon.name, addon end
  return nil, nil, unknown
end

return { of = of, find = find, is_rendered = is_rendered, is_appbinding = is_appbinding, task_name = task_name,
  namespace_of = namespace_of }
