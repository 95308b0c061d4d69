-- What runs before the steps of a Job: its pre hook, as init containers that do what it says. In a rendered Job it is one container of
-- Stash's own program, which asks the cluster what there is to do.
--
--   before.put(job, target)          changes the Job, as plain tables, where it has a pre hook. Raises where that cannot be made
--   before.put_whole(job, target)    the same of the hook of its batch as a whole, before all others
--
-- A pre hook that says nothing to do is left out. Steps do not start behind one that fails.
local handlers = require "run.handlers"

local before = {}

-- What there is to say while the steps are still to come.
local function summary_of(hook)
  local summary = handlers.summary(hook)
  summary.Status = { Phase = "Running", Duration = "0s", Error = "" }
  return summary
end

-- Puts the containers of a hook before all others, but that which the template made of it.
local function put(job, hook)
  local pod, init = job.spec.template.spec, handlers.containers(hook, summary_of(hook))
  for _, container in ipairs(pod.initContainers or {}) do
    if container ~= hook.container then init[#init + 1] = container end
  end
  pod.initContainers = init[1] and init or nil
end

function before.put(job, target)
  local hook = handlers.read(job, target, "pre")
  if hook then put(job, hook) end
end

function before.put_whole(job, target)
  local hook = handlers.read_whole(job, target, "pre")
  if hook then put(job, hook) end
end

return before
