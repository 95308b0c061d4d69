-- Parts of a Pod, as the checks of this folder look at them.
--
-- A user's file may hold anything. A field of the wrong type is another rule's business, so the checks here pass over it;
-- a field that is absent or null is what the standards speak about. `child` tells the two apart:
--
--   local context = child(container, "securityContext")
--   if context == false then …        -- there, but no map or list
--   elseif context == nil then …      -- absent
--
-- Values that differ from object to object (a port, a user's number) are read through `ask` with one of the questions below,
-- so that answers about one object serve for the next.

local parts = {}

local function is_part(value)
  local kind = type(value)
  return kind == "table" or kind == "userdata"
end

-- The map or list at a key; nil when it is absent, false when it is something else. A parent of nil or false is passed on.
local function child(parent, key)
  if not parent then return parent end
  local found = parent[key]
  if found == nil or is_part(found) then return found end
  return false
end
parts.child = child

-- The map at the end of a path, as `child` says.
function parts.below(parent, ...)
  for i = 1, select("#", ...) do parent = child(parent, (select(i, ...))) end
  return parent
end

-- Iterates over the maps of a list at a key; other items are passed over.
function parts.items(parent, key)
  local list = child(parent, key)
  local i, count = 0, list and #list or 0
  return function()
    while i < count do
      i = i + 1
      if is_part(list[i]) then return list[i] end
    end
  end
end

-- Iterates over the texts of a list at a key: index from 0, text. A null is an empty text, as Kubernetes decodes it; other items are
-- passed over.
function parts.texts(parent, key)
  local list = child(parent, key)
  local i, count = 0, list and #list or 0
  return function()
    while i < count do
      i = i + 1
      local text = list[i]
      if text == nil then text = "" end
      if type(text) == "string" then return i - 1, text end
    end
  end
end

local WHAT = { initContainers = "init container", containers = "container", ephemeralContainers = "ephemeral container" }

-- What messages call a part, from what the iterators below yield: the Pod, `init container "wait"`, or containers[0] when that has no name.
function parts.called(part, list, index)
  if not list then return "the Pod" end
  local name = part.name
  if type(name) == "string" and name ~= "" then return ('%s "%s"'):format(WHAT[list], name) end
  return ("%s[%d]"):format(list, index)
end

local function with_context(next_container)
  local container, list, index = next_container()
  if container then return container, child(container, "securityContext"), list, index end
end

-- Iterates over the containers: container, its securityContext (as `child` says), the list that it is in and its index.
function parts.containers(pod) return with_context, k8s.containers(pod) end

-- Iterates over all that has a securityContext: the Pod's spec first, without a list and an index, then the containers.
function parts.contexts(pod)
  local next_container = k8s.containers(pod)
  local spec = child(pod, "spec")
  return function()
    if spec then
      local part = spec
      spec = nil
      return part, child(part, "securityContext")
    end
    return with_context(next_container)
  end
end

-- Questions for `ask`.
function parts.is_given(value) return type(value) == "string" and value ~= "" end
function parts.is_zero(value) return value == 0 end
function parts.is_port(value) return math.type(value) ~= nil and value ~= 0 end

-- Whether the Pod says that it is for Windows, or that its users are not the host's.
function parts.is_windows(pod)
  local os = parts.below(pod, "spec", "os")
  return os and os.name == "windows"
end

function parts.has_own_users(pod)
  local spec = child(pod, "spec")
  return spec and spec.hostUsers == false
end

return parts
