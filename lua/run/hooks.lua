-- The hooks behind the end of a Job (run.after), on a cluster: a Job of their own, which belongs to the one that they are for.
--
--   hooks.take(each)         of { object = a Job, target }: its hooks are taken out of it; each.behind are they, or nil
--   hooks.check(connection, each)            raises where the cluster would refuse their Job; nothing is made
--   hooks.make(connection, behind, job, outcome, attempt) -> Jobs      made now, or before for the same Job; none where the policy says no
--   hooks.run(connection, behind, its, attempt, shown, follow) -> why they failed, or nil, and the Jobs that were made
--
-- `its` end is what run.follow says of the Job, { status, message, job, pod }, and attempt { number, left }. follow(job) follows a Job of
-- hooks to its end, and says the same of that. Hooks see nothing of the Pod that has ended but what lies in claims and on the host: an
-- emptyDir of theirs is a new one. What became of the Job is in their environment.
local after = require "run.after"
local diag = require "base.diag"
local ended = require "run.ended"
local made = require "run.made"
local owned = require "run.owned"
local wait = require "run.wait"

local hooks = {}

local LONG_ENOUGH = 900 -- seconds that a Job stays behind its end, so that its hooks do: they go with it

function hooks.take(each)
  local spec = each.object.spec
  each.behind = after.read(each.object, each.target)
  if each.behind and math.type(spec.ttlSecondsAfterFinished) == "integer" then
    spec.ttlSecondsAfterFinished = math.max(spec.ttlSecondsAfterFinished, LONG_ENOUGH)
  end
end

function hooks.check(self, each)
  for _, object in ipairs(each.behind and each.behind:sample() or {}) do
    owned.check(self, owned.of(object, each.object, "hook"))
  end
end

function hooks.make(self, behind, job, outcome, attempt)
  local all = {}
  local told = { number = attempt.number, left = attempt.left, name = job.metadata.name }
  for i, object in ipairs(behind:jobs(outcome, told)) do all[i] = owned.create(self, owned.of(object, job, "hook"), job) end
  return all
end

-- --- behind a Job that was followed

-- What hooks are told of it: as the cluster knows it, or as it was given up.
local function outcome_of(self, its)
  if not made.is_over(its.job) then
    return { failed = true, error = its.message, seconds = ended.seconds(its.job) or 0 }
  end
  local job, pod = wait.over(self, its.job, its.pod)
  return job and ended.read(job, pod)
end

-- Why none are to be run, whatever the policy is.
local NONE = { cancelled = "interrupted", ["not-started"] = "not started" }

local function skip(behind, shown, words)
  for _, name in ipairs(behind.names) do shown:state(name, "skipped", { reason = words }) end
end

local function run(self, behind, its, attempt, shown, follow, all)
  local outcome = outcome_of(self, its)
  local words = not outcome and "the Job was deleted" or behind:skipped(outcome, attempt)
  if words then return skip(behind, shown, words) end
  for _, job in ipairs(hooks.make(self, behind, its.job, outcome, attempt)) do
    all[#all + 1] = job
    local how = follow(job)
    if how.status ~= "complete" then return how.message or ended.read(how.job, how.pod).error end
  end
end

function hooks.run(self, behind, its, attempt, shown, follow)
  local all = {}
  if NONE[its.status] then
    skip(behind, shown, NONE[its.status])
    return nil, all
  end
  local ok, why = diag.catch(run, self, behind, its, attempt, shown, follow, all)
  if not ok then why = why.message end
  return why, all
end

return hooks
