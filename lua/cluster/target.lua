-- One target of a batch on a cluster: its objects are applied, and its Jobs followed to their ends, one after the other.
--
--   target.run(batch, one, shown) -> outcome, as run.show takes it, with `seconds` of its Jobs, and, where it failed, `said`: the last
--                                    lines of the step that did; and what there is then
--   target.clean_up(batch, done, shown)              removes that
--
-- batch: connection, source (cluster.watches), settings (as cluster.run's), namespace, name (the queue's). `one` is a target of
-- cluster.queue, `shown` takes states and lines as run.show does. Raises nothing but what concerns the whole batch: a cluster that has not
-- answered for follow.UNREACHABLE. Jobs that an earlier run of the queue has made are found and followed, ended or not, so none runs twice.
local apply = require "kube.apply"
local diag = require "base.diag"
local ended = require "cluster.ended"
local follow = require "cluster.follow"
local hints = require "cluster.hints"
local job_of = require "cluster.attempts"
local loop = require "kube.loop"
local made = require "cluster.made"
local put = require "cluster.put"
local rights = require "cluster.rights"

local target = {}

local LONGEST_PAUSE = 10000
local TICK = 10000 -- milliseconds between looks at the clock
local LINES = 5 -- of a failed step's log

-- --- the cluster, and patience with it

-- Does it again for as long as the cluster cannot be asked.
local function patiently(self, shown, f, ...)
  local since, pause = loop.now(), 500
  while true do
    local ok, result = diag.catch(f, ...)
    if ok then return result end
    if not result.passing then error(result, 0) end
    if loop.now() - since > follow.UNREACHABLE then
      result.whole = true
      error(result, 0)
    end
    shown:say(result.message .. "; it is tried again")
    self.connection.loop:sleep(pause)
    pause = math.min(2 * pause, LONGEST_PAUSE)
  end
end

-- --- objects

-- What of a target is to be put there: what its Jobs need, and its Jobs, in order.
local function objects_of(self, one)
  local all, others, jobs = {}, {}, {}
  for i, object in ipairs(one.objects) do all[i] = { object = object, plain = object, target = one } end
  for _, each in ipairs(put.objects(all, self.connection, self.namespace)) do
    local object = each.object
    if object.kind == "Job" then
      job_of.prepare(object, self.settings)
      made.label_batch(object, self.name)
      jobs[#jobs + 1] = each
    else others[#others + 1] = each end
  end
  return others, jobs
end

target.objects = objects_of

local function apply_one(self, each)
  local how = { force = self.settings.force, untried = true, batch = self.name, patience = job_of.patience(self.settings) }
  put.look(self.connection, each, how)
  put.one(self.connection, each, how)
  return each.live
end

-- --- what went wrong

-- The last lines of a step, without those that are nobody's business.
local function last_lines(self, pod, step)
  local request = { path = ("/api/v1/namespaces/%s/pods/%s/log"):format(pod.metadata.namespace, pod.metadata.name),
    query = { container = step, tailLines = LINES } }
  local answer = self.connection:request(request)
  local lines = {}
  if answer.status ~= 200 then return lines end
  for line in answer.body:gmatch "[^\n]+" do lines[#lines + 1] = diag.visible(line) end
  return lines
end

-- The Pod of a Job that has ended, as it is now: what was told of it last may be from before its end.
local function last_pod(self, job, before)
  if before and ended.is_over(before) then return before end
  return ended.latest(made.pods(self.connection, job)) or before
end

local function describe(self, outcome)
  local is_read, pod = diag.catch(last_pod, self, outcome.job, outcome.pod)
  if is_read then outcome.pod = pod end
  local about = ended.read(outcome.job, outcome.pod)
  outcome.message = outcome.message or about.error
  outcome.hint = hints.of(outcome, outcome.job, self.settings)
  if not outcome.pod or not about.step or self.settings.logs then return end
  local ok, lines = diag.catch(last_lines, self, outcome.pod, about.step)
  if ok and lines[1] then outcome.said = { step = about.step, lines = lines } end
end

-- --- Jobs

local function follow_one(self, each, shown)
  local limits = job_of.limits(each.live, self.settings)
  limits.source, limits.tick, limits.without_logs = self.source, TICK, not self.settings.logs
  limits.is_new = each.change ~= "kept"
  return follow.job(self.connection, each.live, shown, limits)
end

-- One attempt: the Job is there, or made, and followed.
local function attempt(self, each, shown)
  local metadata = each.object.metadata
  patiently(self, shown, rights.check, self.connection, metadata.namespace)
  self.source:expect(metadata.namespace, metadata.name)
  local ok, outcome = pcall(function()
    patiently(self, shown, apply_one, self, each)
    return patiently(self, shown, follow_one, self, each, shown)
  end)
  self.source:forget(metadata.namespace, metadata.name)
  if not ok then error(outcome, 0) end
  return outcome
end

-- A Job to its last attempt. Returns the outcome. `done` collects what there is then: Jobs, and others.
local function run_job(self, each, shown, done)
  local retries, delay = job_of.retries(each, self.settings)
  local current = each
  for number = 0, retries do
    local outcome = attempt(self, current, shown)
    table.insert(done.jobs, current.live)
    if not job_of.is_retried(outcome) or number == retries then return outcome end
    shown:again(number + 1, retries)
    self.connection.loop:sleep(job_of.pause(delay, number))
    current = job_of.again(each, number + 1)
  end
end

local function run_all(self, one, shown, done)
  local others, jobs = objects_of(self, one)
  for _, each in ipairs(others) do
    patiently(self, shown, apply_one, self, each)
    table.insert(done.others, each)
  end
  local outcome = { status = "complete" }
  for _, each in ipairs(jobs) do
    outcome = run_job(self, each, shown, done)
    if outcome.status ~= "complete" then break end
  end
  return outcome
end

function target.run(self, one, shown)
  local began, done = loop.now(), { jobs = {}, others = {} }
  local ok, outcome = diag.catch(run_all, self, one, shown, done)
  if not ok then
    if outcome.whole then error(outcome, 0) end
    outcome = { status = "not-started", message = outcome.message, hint = outcome.hint }
  elseif outcome.status ~= "complete" and outcome.job then describe(self, outcome) end
  outcome.seconds = (loop.now() - began) // 1000
  return outcome, done
end

local function delete_all(self, done)
  for _, object in ipairs(job_of.removable(done.others, done.jobs)) do apply.delete(self.connection, object) end
end

function target.clean_up(self, done, shown)
  local ok, raised = diag.catch(delete_all, self, done)
  if not ok then shown:say(raised.message) end
end

return target
