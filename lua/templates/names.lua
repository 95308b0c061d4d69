-- Names, labels and owners of what is made, by the model's rules. Lengths are bytes; different names can collide, as in the
-- original.
local digest = require "engine.digest"
local value = require "base.value"

local names = {}

local LONGEST = 63 -- a label's value and a Pod's host name (RFC 1123)
local LONGEST_OBJECT = 253 -- what is neither

local function strip(name) return (name:gsub("^%-+", ""):gsub("%-+$", "")) end

-- Prefix, name and suffix joined by "-"; when that is too long, its first 32 and last 31 bytes.
function names.with_suffix(prefix, name, suffix)
  local whole = table.concat({ prefix, name, suffix }, "-")
  if #whole > LONGEST then whole = whole:sub(1, 32) .. whole:sub(-31) end
  return strip(whole)
end

-- A name of one's own, cut at the end.
function names.cut(name) return strip(name:sub(1, LONGEST)) end

-- What belongs to a Job is called as the Job with something behind it; what is too long is cut, and stays different from others that are.
function names.behind(name, suffix)
  if #name + #suffix <= LONGEST then return name .. suffix end
  suffix = ("-%s%s"):format(digest.sha256(name):sub(1, 8), suffix)
  return names.cut(name:sub(1, LONGEST - #suffix)) .. suffix
end

function names.without_dots(name) return (name:gsub("%.", "-")) end

-- A step's container. In the original it may be longer than Kubernetes allows.
function names.container(step, accidents)
  local name, suffix = names.without_dots(step.name), ("-%d"):format(step.index)
  return (accidents and name or name:sub(1, LONGEST - #suffix)) .. suffix
end

-- The name with numbers behind it; what is too long is cut before them.
local function numbered(name, numbers, longest)
  local suffix = table.concat(numbers, "-")
  if suffix == "" then return strip(name:sub(1, longest)) end
  return strip(name:sub(1, longest - #suffix - 1)):gsub("[.-]+$", "") .. "-" .. suffix
end

-- The Job's name, with a number behind it when a target has several. In the original, a replica's number is added after cutting.
function names.job(resolver, number)
  local target = resolver.target
  if target.row then
    if target.row.plan then return target.row.plan:name(resolver.task.name, target.row.name, number) end
    return names.with_suffix(names.without_dots(resolver.task.name), names.without_dots(target.row.name), number)
  end
  if not target.session then return numbered(names.without_dots(resolver.task.name), { number }, LONGEST) end
  local numbers = { target.index }
  if not resolver.accidents then numbers[2] = target.ordinal end
  numbers[#numbers + 1] = number
  local name = names.with_suffix("stash-" .. target.direction, names.without_dots(target.session.name), table.concat(numbers, "-"))
  return resolver.accidents and target.ordinal and ("%s-%d"):format(name, target.ordinal) or name
end

-- The claim for interim data. In the original its end is cut off, and members of a batch and replicas that use the same template share
-- one; without its accidents each has its own, and the name may be as long as Kubernetes allows.
function names.interim_claim(resolver, template_name)
  local target = resolver.target
  local name = (target.session and target.session.name or resolver.task.name) .. "-" .. template_name
  if resolver.accidents then return names.cut(name) end
  local numbers = { target.invoker and target.invoker.kind:find "Batch$" and target.index or nil }
  numbers[#numbers + 1] = target.ordinal
  return numbered(name, numbers, LONGEST_OBJECT)
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

-- The owner of what is made, in a list; nil when a Task is rendered alone. An API server refuses an owner without uid: it stands only
-- where the original's accidents are wanted.
function names.owners(resolver)
  local session = resolver.target.session
  local uid = session and value.get(session.value, "metadata", "uid") or ""
  if not session or (uid == "" and not resolver.accidents) then return nil end
  return { { apiVersion = session.value.apiVersion, kind = session.kind, name = session.name, controller = true,
    blockOwnerDeletion = true, uid = uid } }
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
