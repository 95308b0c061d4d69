-- What runs behind the end of a Job, whatever that end was: its post hooks, as a Job of its own with the same volumes. The hook of a
-- rendered Job is its last container, which no step that fails lets start; here it is taken out, and made anew when the end is known.
--
--   local behind = after.read(Job, target)      nil where it has no post hook. The Job, as plain tables, loses the hook's container.
--                                               Raises where the hook cannot be made
--   local behind = after.read_whole(Job, target)     of the hook of its batch as a whole: it takes nothing out of the Job, whose volumes it
--                                               has, and does not run behind a pre hook of the batch that failed
--   behind.names                                of the containers that its hook may need, in order
--   behind:jobs(outcome, attempt) -> list of Jobs: none where the policy says no
--   behind:skipped(outcome, attempt) -> why there are none, in words
--   behind:sample(name) -> the Jobs behind a success of the Job that is called so, or as it was rendered, whatever the policy says: to be
--                          looked at, not to be run
--   behind:runner() -> a container that can run moonstep: that of a step that does, else moonstep's own image
--   behind:packed() -> all of it as plain data, which after.unpack(data) makes the same of elsewhere
--   after.end_of(title, outcome, why) -> outcome, words       of what is told in the end, where hooks failed for a reason: of what is
--                                               complete it makes a failure, and beside any other end there are words to be told
--
-- outcome: { failed = boolean, step = name of the one that failed, error = words, seconds }. attempt: { number, left = how often it will be
-- tried again, name = that of its Job, where it has one of its own }. Nothing is asked and nothing done here: the same input gives the same
-- Jobs, on this machine and on a cluster.
--
-- Policies: Always (also what is unknown), OnSuccess, OnFailure, OnFinalRetryFailure. What the hook does are containers of run.handlers;
-- the environment of each has MOONSTEP_OUTCOME (Succeeded or Failed), _STEP, _ERROR, _SECONDS, _ATTEMPT and _RETRIES_LEFT.
local diag = require "base.diag"
local handlers = require "run.handlers"
local names = require "templates.names"
local value = require "base.value"

local after = {}

local Behind = {}
Behind.__index = Behind

local LIMIT = 300 -- seconds that hooks may take

-- --- policies

local AFTER, AFTER_BATCH = "-after", "-batch-after" -- behind the name of the Job
local NOT_BEHIND = "not behind a failure of the hook before the batch"
local WORDS = { OnSuccess = "only after a success", OnFailure = "only after a failure",
  OnFinalRetryFailure = "only after the last failure" }

function Behind:skipped(outcome, attempt)
  if self.suffix == AFTER_BATCH and outcome.step and handlers.is_of_batch(outcome.step) then return NOT_BEHIND end
  local policy = self.hook.executionPolicy
  local wanted = true
  if policy == "OnSuccess" then wanted = not outcome.failed
  elseif policy == "OnFailure" then wanted = outcome.failed
  elseif policy == "OnFinalRetryFailure" then wanted = outcome.failed and attempt.left == 0 end
  return not wanted and WORDS[policy] or nil
end

-- --- the Job

local function summary_of(self, outcome, attempt)
  local summary = handlers.summary(self)
  summary.RetryLeft = attempt.left
  summary.Status = { Phase = outcome.failed and "Failed" or "Succeeded", Duration = ("%ds"):format(outcome.seconds // 1),
    Error = outcome.error or "" }
  return summary
end

-- As the kubelet reads values: $(NAME) would be put in.
local function plain(text) return (text:gsub("%$%(", "$$(")) end

local function add_outcome(container, outcome, attempt)
  local env = {}
  local texts = { MOONSTEP_OUTCOME = outcome.failed and "Failed" or "Succeeded", MOONSTEP_STEP = outcome.step,
    MOONSTEP_ERROR = outcome.error, MOONSTEP_SECONDS = ("%d"):format(outcome.seconds // 1),
    MOONSTEP_ATTEMPT = ("%d"):format(attempt.number), MOONSTEP_RETRIES_LEFT = ("%d"):format(attempt.left) }
  for _, each in ipairs(container.env or {}) do
    if not texts[each.name] then env[#env + 1] = each end
  end
  for _, name in ipairs { "OUTCOME", "STEP", "ERROR", "SECONDS", "ATTEMPT", "RETRIES_LEFT" } do
    local text = texts["MOONSTEP_" .. name]
    if text then env[#env + 1] = { name = "MOONSTEP_" .. name, value = plain(text) } end
  end
  container.env = env
end

-- A Job that runs once, whatever the other one says of how often it is tried.
local function job_of(self, outcome, attempt)
  local containers = handlers.containers(self, summary_of(self, outcome, attempt))
  for _, container in ipairs(containers) do add_outcome(container, outcome, attempt) end
  local job = value.copy(self.job)
  local last, pod = table.remove(containers), job.spec.template.spec
  job.metadata.name = names.behind(attempt.name or job.metadata.name, self.suffix)
  job.spec = { backoffLimit = 0, activeDeadlineSeconds = LIMIT, template = job.spec.template }
  pod.initContainers, pod.containers, pod.restartPolicy = containers[1] and containers or nil, { last }, "Never"
  pod.activeDeadlineSeconds = nil
  return job
end

function Behind:jobs(outcome, attempt)
  if self:skipped(outcome, attempt) then return {} end
  return { job_of(self, outcome, attempt) }
end

function Behind:sample(name) return { job_of(self, { failed = false, seconds = 0 }, { number = 1, left = 0, name = name }) } end

function Behind:runner() return handlers.runner(self) end

-- --- elsewhere

local PACKED = { "kind", "hook", "steps", "container", "job", "names", "about", "title", "suffix" }

function Behind:packed()
  local data = {}
  for _, field in ipairs(PACKED) do data[field] = self[field] end
  return data
end

function after.unpack(data)
  local behind = {}
  for _, field in ipairs(PACKED) do
    behind[field] = data[field]
    if behind[field] == nil then
      diag.raise { rule = "hook", trouble = true, message = ("what says which hooks there are has no field %s"):format(field) }
    end
  end
  return setmetatable(behind, Behind)
end

-- --- reading

-- A hook that cannot be made is told before anything runs.
local function made_of(behind, job, suffix)
  behind.job, behind.suffix = job, suffix
  setmetatable(behind, Behind)
  behind:sample()
  return behind
end

function after.read(job, target)
  local behind = handlers.read(job, target, "post")
  local pod = value.get(job, "spec", "template", "spec")
  if not behind or pod.containers[1] ~= behind.container then return nil end
  local init = pod.initContainers
  pod.containers = { table.remove(init) }
  pod.initContainers = init[1] and init or nil
  if not behind.names[1] then return nil end -- it says nothing to do
  return made_of(behind, job, AFTER)
end

function after.read_whole(job, target)
  local behind = handlers.read_whole(job, target, "post")
  return behind and behind.names[1] and made_of(behind, job, AFTER_BATCH) or nil
end

-- --- the end

function after.end_of(title, outcome, why)
  if not why then return outcome end
  local words = ("a hook of %s failed: %s"):format(title, why)
  if outcome.status == "complete" then return { status = "failed", rule = "hook-failed", message = words } end
  return outcome, words
end

return after
