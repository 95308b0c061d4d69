-- Checks of what a container's processes may do: privileged containers, capabilities, privilege escalation, and root.

local parts = include "parts.lua"

local privileges = {}

function privileges.privileged(pod, report)
  for container, context, list, index in parts.containers(pod) do
    if context and context.privileged == true then
      report(context, "privileged", parts.called(container, list, index) .. " is privileged",
        { hint = "set privileged: false", fix = false })
    end
  end
end

function privileges.escalation(pod, report)
  for container, context, list, index in parts.containers(pod) do
    local allowed = context and context.allowPrivilegeEscalation
    if context == nil or context and (allowed == nil or allowed == true) then
      local why = allowed and "is true" or "is not set"
      report(container, "securityContext.allowPrivilegeEscalation",
        ("%s may gain privileges: allowPrivilegeEscalation %s"):format(parts.called(container, list, index), why),
        { hint = "set securityContext.allowPrivilegeEscalation: false", fix = false })
    end
  end
end

-- What baseline lets a container add: what container runtimes give by default, but for NET_RAW.
local DEFAULT = { AUDIT_WRITE = true, CHOWN = true, DAC_OVERRIDE = true, FOWNER = true, FSETID = true, KILL = true, MKNOD = true,
  NET_BIND_SERVICE = true, SETFCAP = true, SETGID = true, SETPCAP = true, SETUID = true, SYS_CHROOT = true }
local RESTRICTED = { NET_BIND_SERVICE = true }

-- Reports what capabilities add beyond the allowed ones; what follows is for parts.called.
local function check_added(capabilities, allowed, hint, report, ...)
  for i, name in parts.texts(capabilities, "add") do
    if not allowed[name] then
      report(capabilities, ("add[%d]"):format(i), ('%s adds the capability "%s"'):format(parts.called(...), name), { hint = hint })
    end
  end
end

function privileges.capabilities_baseline(pod, report)
  for container, context, list, index in parts.containers(pod) do
    check_added(parts.child(context, "capabilities"), DEFAULT,
      "the baseline level allows those that containers have by default, without NET_RAW", report, container, list, index)
  end
end

local function drops_all(drop)
  for i = 1, #drop do
    if drop[i] == "ALL" then return true end
  end
end

function privileges.capabilities_restricted(pod, report)
  for container, context, list, index in parts.containers(pod) do
    local capabilities = parts.child(context, "capabilities")
    local drop = parts.child(capabilities, "drop")
    if drop == nil or drop and not drops_all(drop) then
      report(container, "securityContext.capabilities.drop", parts.called(container, list, index) .. " does not drop all capabilities",
        { hint = 'set securityContext.capabilities.drop: ["ALL"]', fix = { "ALL" } })
    end
    check_added(capabilities, RESTRICTED, "the restricted level allows NET_BIND_SERVICE alone", report, container, list, index)
  end
end

-- A container's own word counts before the Pod's, and the Pod's must not be false even where all containers have their own.
function privileges.non_root(pod, report)
  local whole   -- the Pod's word: true, false, nil, or something that is another rule's business
  for part, context, list, index in parts.contexts(pod) do
    local word
    if context then word = context.runAsNonRoot elseif context == false then word = "unreadable" end
    if not list then whole = word end
    if word == false then
      report(context, "runAsNonRoot", parts.called(part, list, index) .. " may run as root: runAsNonRoot is false",
        { hint = "set runAsNonRoot: true", fix = true })
    elseif list and word == nil and whole == nil then
      report(part, "securityContext.runAsNonRoot",
        parts.called(part, list, index) .. " may run as root: neither it nor the Pod sets runAsNonRoot",
        { hint = "set securityContext.runAsNonRoot: true", fix = true })
    end
  end
end

function privileges.user(pod, report)
  for part, context, list, index in parts.contexts(pod) do
    if context and ask(context, "runAsUser", parts.is_zero) then
      report(context, "runAsUser", parts.called(part, list, index) .. " runs as root: runAsUser is 0",
        { hint = "name a user other than 0, or remove runAsUser" })
    end
  end
end

return privileges
