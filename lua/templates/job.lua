-- The template `job`, the default: the mapping of `stash` without the accidents of the original.
--
-- Steps become init containers in order, the last one the container, with the same names. What is done otherwise:
--
--   A1   variables that cannot be computed are an error of the target, not a Job without containers
--   A2   a StatefulSet's backup is written under its alias or host-0, as any other, not under a piece of the operator's Pod name
--   A3   so is a DaemonSet's, which had no host name at all
--   A4   names of Functions may be computed
--   A5   a restore that gives parameters gets the AppBinding's parameters for restores
--   A6   security contexts that were given are kept whole, and the defaults that were meant apply (below)
--   A7   requests count without limits, limits leave a Function's requests alone, nice and ionice of a Function count, podLabels
--        reach the Pod
--   A8   a negative length is an error of the text                       A9   so is a scratch volume that is no emptyDir
--   A10  members of a batch have claims for interim data of their own
--   A12  without a rule that holds for a restore, its variables are not set, so that defaults apply
--   A13  TARGET_NAME of a restore with claim templates has the replica's number in it
--   A14  the replica's number counts within a Job's 63 bytes, and container names are cut to 63
--   and  two volumes of one name that differ in their source are an error
--
-- A11 is mended in `stash` as well; A15 to A17 happen in the cluster, not in what is rendered.
--
-- Beyond that: the invoker's timeOut becomes activeDeadlineSeconds. An emptyDir without sizeLimit gets that of the option scratchSize. An
-- owner without uid is left out, which an API server would refuse. Where nothing else is said, backups run as the user 65535
-- that Stash means them to, restores as root; what does not run as root gets what the restricted Pod Security Standard asks for.

local USER = 65535 -- nobody: Stash's own default for backups

local UNITS = { h = 3600, m = 60, s = 1, ms = 0.001 }

-- A Go duration such as 1h30m in seconds, rounded up.
local function seconds(text)
  local sum, rest = 0, text:gsub("%s", "")
  while rest ~= "" do
    local number, unit, behind = rest:match "^(%d+%.?%d*)(%a+)(.*)$"
    if not number or not UNITS[unit] then error(("timeOut must be a time such as 1h30m, not %q"):format(text), 0) end
    sum, rest = sum + tonumber(number) * UNITS[unit], behind
  end
  return math.ceil(sum)
end

local function bound_scratch(volumes, size)
  for _, volume in ipairs(volumes) do
    if volume.emptyDir and not volume.emptyDir.sizeLimit and size ~= "" then volume.emptyDir.sizeLimit = size end
  end
  return volumes
end

local function put_default(t, field, v)
  if t[field] == nil then t[field] = v end
end

-- True when the container says, or the Pod says for it, that it runs as root or wants more than others.
local function is_root(context, pod_context)
  local user = context.runAsUser
  if user == nil then user = pod_context.runAsUser end
  return user == 0 or context.privileged or context.runAsNonRoot == false
end

local function secure_container(container, pod_context)
  local context = container.securityContext or {}
  if is_root(context, pod_context) then return end
  put_default(context, "allowPrivilegeEscalation", false)
  put_default(context, "capabilities", {})
  put_default(context.capabilities, "drop", { "ALL" })
  container.securityContext = context
end

-- The defaults of the Pod and its containers, under what was given.
local function secure(ctx, pod)
  local context = pod.securityContext or {}
  put_default(context, "runAsUser", ctx.direction == "backup" and USER or 0)
  if ctx.direction == "restore" and context.runAsUser == 0 then put_default(context, "runAsGroup", 0) end
  if context.runAsUser ~= 0 then put_default(context, "runAsNonRoot", true) end
  put_default(context, "seccompProfile", { type = "RuntimeDefault" })
  pod.securityContext = context
  for container in k8s.containers { kind = "Pod", spec = pod } do
    if is_root(container.securityContext or {}, context) and context.runAsNonRoot == true and context.runAsUser ~= 0 then
      context.runAsNonRoot = nil -- one container runs as root on purpose
    end
  end
  for _, list in ipairs { pod.initContainers, pod.containers } do
    for _, container in ipairs(list) do secure_container(container, context) end
  end
end

-- An API server refuses an owner without uid.
local function without_nameless_owner(metadata)
  local owner = metadata.ownerReferences and metadata.ownerReferences[1]
  if owner and owner.uid == "" then metadata.ownerReferences = nil end
  return metadata
end

template "job" {
  summary = "steps in order: init containers, then the last as the container; safe defaults",
  render = function(ctx)
    local steps = ctx:containers()
    local last = table.remove(steps)
    local pod = ctx:pod { initContainers = steps, containers = { last }, restartPolicy = "Never",
      volumes = bound_scratch(ctx:volumes(), ctx.options.scratchSize) }
    secure(ctx, pod)
    local timeout = ctx.invoker and ctx.invoker.spec.timeOut
    local objects = ctx:claims()
    for _, claim in ipairs(objects) do without_nameless_owner(claim.metadata) end
    objects[#objects + 1] = k8s.job {
      metadata = without_nameless_owner(ctx:metadata()),
      spec = { backoffLimit = 0, activeDeadlineSeconds = timeout and timeout ~= "" and seconds(timeout) or nil,
        template = { metadata = ctx:pod_metadata(), spec = pod } },
    }
    return objects
  end,
}
