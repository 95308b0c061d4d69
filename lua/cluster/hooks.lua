-- The hooks behind the end of a Job (run.after), on a cluster: a Job of their own, which belongs to the one that they are for.
--
--   hooks.take(each)         of { object = a Job, target }: its post hooks are taken out of it; each.behind are they, or nil. Its pre hooks
--                            become what they say
--   hooks.check(connection, each, behind)            raises where the cluster would refuse their Job; nothing is made
--   hooks.make(connection, behind, job, outcome, attempt) -> Jobs      made now, or before for the same Job; none where the policy says no
--   hooks.obstacle(its) -> why none are to be run behind such an end, whatever the policy is; nil where they may
--   hooks.run(connection, behind, its, attempt, shown, follow) -> why they failed, or nil
--   hooks.play(connection, behind, job, told, shown, follow) -> likewise, raised where the cluster says so: as they are told, { outcome,
--                                            attempt, obstacle = why none are to be run }, behind this Job
--
-- `its` end is what cluster.follow says of the Job, { status, message, job, pod, gone }, and attempt { number, left }. follow(job) follows
-- a Job of hooks to its end, and says the same of that. Hooks see nothing of the Pod that has ended but what lies in claims and on the
-- host: an emptyDir of theirs is a new one. What became of the Job is in their environment.
local after = require "run.after"
local before = require "run.before"
local diag = require "base.diag"
local ended = require "cluster.ended"
local made = require "cluster.made"
local owned = require "cluster.owned"
local wait = require "cluster.wait"

local hooks = {}

local LONG_ENOUGH = 900 -- seconds that a Job stays behind its end, so that its hooks do: they go with it

function hooks.take(each)
  local spec = each.object.spec
  before.put(each.object, each.target)
  each.behind = after.read(each.object, each.target)
  if each.behind and math.type(spec.ttlSecondsAfterFinished) == "integer" then
    spec.ttlSecondsAfterFinished = math.max(spec.ttlSecondsAfterFinished, LONG_ENOUGH)
  end
end

function hooks.check(self, each, behind)
  for _, object in ipairs(behind and behind:sample(each.object.metadata.name) or {}) do
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

function hooks.obstacle(its)
  return its.status == "cancelled" and "interrupted" or its.status == "not-started" and "not started" or its.gone and "the Job was deleted"
end

function hooks.play(self, behind, job, told, shown, follow)
  local why = told.obstacle or behind:skipped(told.outcome, told.attempt)
  for _, name in ipairs(why and behind.names or {}) do shown:state(name, "skipped", { reason = why }) end
  for _, hook in ipairs(why and {} or hooks.make(self, behind, job, told.outcome, told.attempt)) do
    local how = follow(hook)
    if how.status ~= "complete" then return how.message or ended.read(how.job, how.pod).error end
  end
end

local function run(self, behind, its, attempt, shown, follow)
  local obstacle = hooks.obstacle(its)
  local outcome = not obstacle and outcome_of(self, its) or nil
  obstacle = obstacle or not outcome and "the Job was deleted" or nil
  return hooks.play(self, behind, its.job, { outcome = outcome, attempt = attempt, obstacle = obstacle }, shown, follow)
end

function hooks.run(self, behind, its, attempt, shown, follow)
  local ok, why = diag.catch(run, self, behind, its, attempt, shown, follow)
  return ok and why or not ok and why.message or nil
end

return hooks
