-- Names, labels and owners of what is made, by the model's rules. Lengths are bytes; different names can collide, as in the
-- original.
local value = require "base.value"

local names = {}

local LONGEST = 63 -- a label's value and a Pod's host name (RFC 1123)

local function strip(name) return (name:gsub("^%-+", ""):gsub("%-+$", "")) end

-- Prefix, name and suffix joined by "-"; when that is too long, its first 32 and last 31 bytes.
function names.with_suffix(prefix, name, suffix)
  local whole = table.concat({ prefix, name, suffix }, "-")
  if #whole > LONGEST then whole = whole:sub(1, 32) .. whole:sub(-31) end
  return strip(whole)
end

-- A name of one's own, cut at the end.
function names.cut(name) return strip(name:sub(1, LONGEST)) end

function names.without_dots(name) return (name:gsub("%.", "-")) end

-- A step's container. In the original it may be longer than Kubernetes allows.
function names.container(step, accidents)
  local name, suffix = names.without_dots(step.name), ("-%d"):format(step.index)
  return (accidents and name or name:sub(1, LONGEST - #suffix)) .. suffix
end

-- The Job's name. In the original, a replica's number is added after cutting.
function names.job(resolver)
  local target = resolver.target
  if not target.session then return names.cut(names.without_dots(resolver.task.name)) end
  if target.ordinal and not resolver.accidents then
    return names.with_suffix("stash-" .. target.direction, names.without_dots(target.session.name), target.index .. "-" .. target.ordinal)
  end
  local name = names.with_suffix("stash-" .. target.direction, names.without_dots(target.session.name), tostring(target.index))
  return target.ordinal and ("%s-%d"):format(name, target.ordinal) or name
end

-- Labels of the Job and its Pods: the invoker's, and those that say whose it is.
function names.labels(resolver)
  local target = resolver.target
  local all = value.copy(target.invoker and value.get(target.invoker.value, "metadata", "labels") or {})
  for label, v in pairs(resolver.managed or {}) do all[label] = v end
  all["app.kubernetes.io/component"] = "stash-" .. target.direction
  all["app.kubernetes.io/managed-by"] = "stash.appscode.com"
  return all
end

-- The owner of what is made, in a list; nil when a Task is rendered alone.
function names.owners(resolver)
  local session = resolver.target.session
  if not session then return nil end
  return { { apiVersion = session.value.apiVersion, kind = session.kind, name = session.name, controller = true,
    blockOwnerDeletion = true, uid = value.get(session.value, "metadata", "uid") or "" } }
end

-- The service account: the invoker's, the operator's, or the one that Stash makes for the invoker; nil when a Task is rendered
-- alone.
function names.service_account(resolver)
  local target = resolver.target
  local given = value.get(target.spec, "runtimeSettings", "pod", "serviceAccountName")
  local fixed = resolver.options.option.serviceAccountName
  if not value.is_empty(given) then return given end
  if fixed ~= "" then return fixed end
  if not target.invoker then return nil end
  return names.with_suffix(target.invoker.kind:lower(), target.invoker.name, tostring(target.index))
end

return names
