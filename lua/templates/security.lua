-- Security contexts: safe defaults of a Pod and its containers, under what Functions and the invoker gave. What was given always stays.
--
-- The user: where nobody names one, backups run as the user 65535 that Stash means them to, restores as root. A restore that is not to
-- run as root (runAsNonRoot: true), as a whole or in one container, is left to the user of the image there.
-- Whoever is not root by name gets runAsNonRoot: true through the Pod; a container that is root by name says so itself.
-- The rest is what the restricted Pod Security Standard asks for: the seccomp profile of the runtime and, for containers that do not run
-- as root or ask for more, no privilege escalation and no capabilities but the added ones. An API server refuses the former beside
-- privileged: true and SYS_ADMIN.
local place = require "base.place"

local USER = 65535 -- nobody: Stash's own default for backups

local function put_default(t, field, v)
  if t[field] == nil then t[field] = v end
end

-- Init containers and containers of a Pod's spec, in one list.
local function containers_of(pod)
  local all = {}
  for _, list in ipairs { pod.initContainers or {}, pod.containers or {} } do
    for _, container in ipairs(list) do all[#all + 1] = container end
  end
  return all
end

-- The container's security context, made when it has none.
local function own(container)
  put_default(container, "securityContext", {})
  return container.securityContext
end

-- A field as it holds for a container, and the context that says so: its own, else the Pod's.
local function holds(container, pod_context, field)
  local context = container.securityContext
  if context and context[field] ~= nil then return context[field], context end
  return pod_context[field], pod_context
end

-- Containers that nobody gave a user, and whether others of these must not be root.
local function undecided(containers, context)
  local open, closed = {}, false
  for _, container in ipairs(containers) do
    if holds(container, context, "runAsUser") == nil then
      if holds(container, context, "runAsNonRoot") == true then closed = true else open[#open + 1] = container end
    end
  end
  return open, closed
end

-- Root for a restore: through the Pod, but not where a container would inherit what it must not be.
local function put_root(containers, context)
  local open, closed = undecided(containers, context)
  if closed or context.runAsNonRoot == true then
    for _, container in ipairs(open) do
      own(container).runAsUser = 0
      if context.runAsGroup == nil then put_default(own(container), "runAsGroup", 0) end
    end
  elseif open[1] or not containers[1] then put_default(context, "runAsUser", 0) end
  if context.runAsUser == 0 then put_default(context, "runAsGroup", 0) end
end

local function put_non_root(containers, context)
  if context.runAsNonRoot ~= nil or context.runAsUser == 0 then return end
  context.runAsNonRoot = true
  for _, container in ipairs(containers) do
    if container.securityContext and container.securityContext.runAsUser == 0 then put_default(own(container), "runAsNonRoot", false) end
  end
end

local ALL_AND_MORE = { ALL = true, CAP_ALL = true }
local LIKE_PRIVILEGED = { SYS_ADMIN = true, CAP_SYS_ADMIN = true, ALL = true, CAP_ALL = true }

local function adds(context, names)
  for _, name in ipairs(context.capabilities and context.capabilities.add or {}) do
    if names[name] then return true end
  end
  return false
end

-- What does not run as root gets no way to more than it was given.
local function confine(container, pod_context)
  local given = container.securityContext or {}
  if holds(container, pod_context, "runAsUser") == 0 or given.privileged or given.runAsNonRoot == false then return end
  local context = own(container)
  if not adds(context, LIKE_PRIVILEGED) then put_default(context, "allowPrivilegeEscalation", false) end
  if adds(context, ALL_AND_MORE) then return end
  put_default(context, "capabilities", {})
  put_default(context.capabilities, "drop", { "ALL" })
end

-- Containers that are given root as their user and told not to be root, as warnings: no kubelet starts them.
local function contradictions(containers, context)
  local found = {}
  for _, container in ipairs(containers) do
    local user, named = holds(container, context, "runAsUser")
    local non_root, said = holds(container, context, "runAsNonRoot")
    if user == 0 and non_root == true then
      local at, other = place.of(named, "runAsUser"), place.of(said, "runAsNonRoot")
      found[#found + 1] = { rule = "root-refused", severity = "warning", place = at or other,
        related = at and other and { place = other, message = "runAsNonRoot is given here" },
        message = ("container %s runs as root and is told not to: it will not start"):format(container.name) }
    end
  end
  return found
end

-- security(pod, direction) -> warnings. Puts the defaults into a Pod's spec, whose containers are the ones that it will have.
return function(pod, direction)
  put_default(pod, "securityContext", {})
  local context, containers = pod.securityContext, containers_of(pod)
  if direction == "backup" then put_default(context, "runAsUser", USER) else put_root(containers, context) end
  put_non_root(containers, context)
  put_default(context, "seccompProfile", { type = "RuntimeDefault" })
  for _, container in ipairs(containers) do confine(container, context) end
  return contradictions(containers, context)
end
