-- What runs before the steps of a Job: its pre hook, as init containers that do what it says. In a rendered Job it is one container of
-- Stash's own program, which asks the cluster what there is to do.
--
--   before.put(job, target)          changes the Job, as plain tables, where it has a pre hook. Raises where that cannot be made
--   before.look(made, report)        tells which hooks are part of none of the Jobs: those of a batch as a whole
--
-- A pre hook that says nothing to do is left out. Steps do not start behind one that fails.
local handlers = require "run.handlers"
local value = require "base.value"

local before = {}

-- What there is to say while the steps are still to come.
local function summary_of(hook)
  local summary = handlers.summary(hook)
  summary.Status = { Phase = "Running", Duration = "0s", Error = "" }
  return summary
end

function before.put(job, target)
  local hook = handlers.read(job, target, "pre")
  if not hook then return end
  local pod, init = job.spec.template.spec, handlers.containers(hook, summary_of(hook))
  for _, container in ipairs(pod.initContainers or {}) do
    if container ~= hook.container then init[#init + 1] = container end
  end
  pod.initContainers = init[1] and init or nil
end

function before.look(made, report)
  local seen = {}
  for _, each in ipairs(made) do
    local invoker = each.target.invoker
    local whole = invoker and invoker.kind:find "Batch$" and value.get(invoker.value, "spec", "hooks")
    if not value.is_empty(whole) and not seen[invoker] then
      seen[invoker] = true
      report:add { rule = "hook", severity = "warning", hint = "Stash's operator runs them; they are part of no Job",
        message = ("the hooks of %s %s/%s as a whole are not run, those of its members are"):format(invoker.kind,
          invoker.namespace or "default", invoker.name) }
    end
  end
end

return before
