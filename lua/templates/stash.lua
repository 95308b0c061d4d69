-- The template `stash`: the objects that Stash itself makes, its accidents included.
--
-- Stash looks for the Functions of a Task that the invoker names before it puts anything in, so a name with a variable in
-- it is never found.
--
-- Where Stash cannot compute its variables (a Repository without a known backend, a rest URL that cannot be read, a
-- DaemonSet's host name), it loses the error and creates a Job without containers, restart policy and volumes but that of
-- interim data; so does this template.
--
-- The security context that Stash gives Pods by default gets lost as well, except for a restore with Pod settings: there it
-- stands under the user's, and only some of the user's fields survive.

local COMPUTED = { "REPOSITORY_PROVIDER", "REPOSITORY_BUCKET", "REPOSITORY_PREFIX", "HOSTNAME" }
local SURVIVING = { "seLinuxOptions", "runAsUser", "runAsGroup", "runAsNonRoot", "supplementalGroups", "fsGroup", "sysctls" }

local function variables_fail(ctx)
  if not ctx.invoker then return false end
  for _, name in ipairs(COMPUTED) do
    if not pcall(ctx.variable, ctx, name) then return true end
  end
  return false
end

local function check_computed_names(ctx)
  local named = ctx.invoker and ctx.spec.task and ctx.spec.task.name
  local task = named and ctx:find("Task", named)
  for _, step in ipairs(task and task.spec.steps or {}) do
    if not ctx:find("Function", step.name or "") then
      error(("Function %s of Task %s: Stash looks for Functions before it puts in variables"):format(step.name, named), 0)
    end
  end
end

local function restore_security(ctx, pod)
  if ctx.direction ~= "restore" or not (ctx.spec.runtimeSettings and ctx.spec.runtimeSettings.pod) then return end
  local given = pod.securityContext or {}
  pod.securityContext = { runAsUser = 0, runAsGroup = 0 }
  for _, field in ipairs(SURVIVING) do
    if given[field] ~= nil then pod.securityContext[field] = given[field] end
  end
end

local function pod_of(ctx)
  if variables_fail(ctx) then return { volumes = ctx:interim_volumes() } end
  local steps = ctx:containers()
  local last = table.remove(steps)
  return { initContainers = steps, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" }
end

template "stash" {
  summary = "steps in order, as Stash has it: init containers, then the last as the container",
  accidents = true,
  render = function(ctx)
    check_computed_names(ctx)
    local pod = ctx:pod(pod_of(ctx))
    restore_security(ctx, pod)
    local objects = ctx:claims()
    objects[#objects + 1] = k8s.job {
      metadata = ctx:metadata(),
      spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = pod } },
    }
    return objects
  end,
}
