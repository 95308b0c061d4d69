-- The template `stash`: the Job that Stash itself makes, its accidents included.
--
-- Stash looks for the Functions of a Task that the invoker names before it puts anything in, so a name with a variable in
-- it is never found.
--
-- Where Stash cannot compute its variables (a Repository without a known backend, a rest URL that cannot be read, a
-- DaemonSet's host name), it loses the error and creates a Job without containers, restart policy and volumes; so does
-- this template.

local COMPUTED = { "REPOSITORY_PROVIDER", "REPOSITORY_BUCKET", "REPOSITORY_PREFIX", "HOSTNAME" }

local function variables_fail(ctx)
  if not ctx.invoker then return false end
  for _, name in ipairs(COMPUTED) do
    if not pcall(ctx.variable, ctx, name) then return true end
  end
  return false
end

local function check_computed_names(ctx)
  local task = ctx.invoker and ctx.spec.task and ctx:find("Task", ctx.spec.task.name or "")
  for _, step in ipairs(task and task.spec.steps or {}) do
    if not ctx:find("Function", step.name or "") then
      error(("Function %s of Task %s: Stash looks for Functions before it puts in variables"):format(step.name, ctx.spec.task.name), 0)
    end
  end
end

template "stash" {
  summary = "steps in order, as Stash has it: init containers, then the last as the container",
  render = function(ctx)
    local pod = {}
    check_computed_names(ctx)
    if not variables_fail(ctx) then
      local steps = ctx:containers()
      pod.containers = { table.remove(steps) }
      pod.initContainers = steps
      pod.volumes = ctx:volumes()
      pod.restartPolicy = "Never"
    end
    return k8s.job {
      metadata = ctx:metadata(),
      spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = ctx:pod(pod) } },
    }
  end,
}
