-- How a Job of a cluster has ended: which step failed and why, from what the Job and its Pod say.
--
--   ended.read(job, pod or nil) -> { failed = boolean, step = its name, error = words, seconds }     as hooks (run.after) are told
--   ended.status(job) -> "complete", "failed", "timeout", or nil while it goes on; and the cluster's reason
--   ended.statuses(pod) -> the statuses of its containers, in the order in which they run
--   ended.is_over(pod) -> whether nothing of it runs any more
--   ended.later(pod, before or nil) -> which of a Job's Pods counts: the one that was made last. When one is evicted, the cluster forgets
--                                      what its containers did: that is taken over from before
--   ended.latest(pods) -> that of all of them; nil where there are none
--   ended.time_of(terminated) -> seconds that a container ran, which has ended; nil where nobody knows
--   ended.time_so_far(running) -> likewise of one that runs, by the clock of this machine
--   ended.seconds(job) -> from its start to its end, or to now; nil where it has not begun
--   ended.age(job) -> seconds since its end
--
-- `job` has come to its end (Complete or Failed), or is taken for failed. `pod` is its latest Pod as it was last seen: a Job that takes too
-- long has its Pod deleted, so there it may still say that a step runs, and that step is the one. Without a Pod, the Job's own words count.
-- step and error are there of failures alone; a step only where one is known. Nothing is asked here: the same input gives the same answer.
local diag = require "base.diag"
local freshness = require "scripts.freshness"
local host = require "engine.host"
local made = require "cluster.made"
local secret = require "engine.secret"
local value = require "base.value"

local ended = {}

local MOST_WORDS = 1000 -- bytes
local STATUSES = { "initContainerStatuses", "containerStatuses" }
local SIGNALS = { 128, 160 } -- exit statuses between these are signals

function ended.status(job)
  local state, reason = made.state(job)
  if state == "failed" and reason == "DeadlineExceeded" then return "timeout", reason end
  return made.is_over(job) and state or nil, reason
end

function ended.statuses(pod)
  local all = {}
  for _, field in ipairs(STATUSES) do
    for _, each in ipairs(value.get(pod, "status", field) or {}) do all[#all + 1] = each end
  end
  return all
end

function ended.is_over(pod)
  local phase = value.get(pod, "status", "phase")
  return phase == "Succeeded" or phase == "Failed"
end

function ended.later(pod, before)
  if not before then return pod end
  if before.metadata.uid == pod.metadata.uid then
    if ended.is_over(pod) and not ended.statuses(pod)[1] then
      for _, field in ipairs(STATUSES) do pod.status[field] = value.get(before, "status", field) end
    end
    return pod
  end
  return pod.metadata.creationTimestamp >= before.metadata.creationTimestamp and pod or before
end

function ended.latest(pods)
  local last
  for _, pod in ipairs(pods) do last = ended.later(pod, last) end
  return last
end

function ended.time_of(terminated)
  local from, to = terminated.startedAt, terminated.finishedAt
  from, to = type(from) == "string" and freshness.timestamp(from), type(to) == "string" and freshness.timestamp(to)
  return from and to and from > 0 and math.max(0, to - from) or nil -- what was never started began in 1970
end

function ended.time_so_far(running)
  local from = type(running.startedAt) == "string" and freshness.timestamp(running.startedAt)
  return from and math.max(0, host.clock() - from) or nil
end

-- When it ended, in seconds since 1970.
local function end_of(job)
  local to = value.get(job, "status", "completionTime")
  for _, condition in ipairs(value.get(job, "status", "conditions") or {}) do
    if condition.status == "True" and condition.type == "Failed" then to = to or condition.lastTransitionTime end
  end
  return type(to) == "string" and freshness.timestamp(to) or nil
end

function ended.seconds(job)
  local from = value.get(job, "status", "startTime")
  local began = type(from) == "string" and freshness.timestamp(from)
  return began and math.max(0, (end_of(job) or host.clock()) - began) or nil
end

function ended.age(job)
  local over = end_of(job)
  return over and math.max(0, host.clock() - over) or 0
end

-- --- the step

-- How a container failed: as it ended, or, where it is to be started again, as it ended before.
local function failure_of(status)
  local state, before = status.state or {}, value.get(status, "lastState", "terminated")
  local found = state.terminated or state.waiting and before or nil
  return found and found.exitCode ~= 0 and found or nil
end

-- The first step that failed, and how; else the one that was still running.
local function step_of(pod)
  local running
  for _, status in ipairs(pod and ended.statuses(pod) or {}) do
    local failure = failure_of(status)
    if failure then return status.name, failure end
    if value.get(status, "state", "running") then running = running or status.name end
  end
  return running
end

-- The last line of what a container says of its end itself.
local function own_words(failure)
  local last
  for line in tostring(failure.message or ""):gmatch "[^\r\n]+" do last = line:find "%S" and line or last end
  return last and diag.visible(last:sub(1, MOST_WORDS)) or nil
end

-- "exit status 137 (OOMKilled)", "exit status 1: wrong password"
local function status_words(failure)
  local code, reason, words = failure.exitCode, failure.reason, own_words(failure)
  if reason == "Error" or reason == "" then reason = nil end
  if not reason and code > SIGNALS[1] and code < SIGNALS[2] then reason = ("signal %d"):format(code - SIGNALS[1]) end
  return ("exit status %d%s%s"):format(code, reason and (" (%s)"):format(reason) or "", words and ": " .. words or "")
end

-- --- in words

-- "DeadlineExceeded: Job was active longer than specified deadline"
local function both(reason, message)
  message = not value.is_empty(message) and message:gsub("%s+$", "") or nil
  if value.is_empty(reason) then return message end
  return value.is_empty(message) and reason or ("%s: %s"):format(reason, message)
end

-- What became of the whole Pod (Evicted, NodeLost), where it was that and no step of its own accord.
local function pod_words(pod) return pod and both(value.get(pod, "status", "reason"), value.get(pod, "status", "message")) end

local function error_of(job, pod, step, failure)
  local _, reason, message = made.state(job)
  local title = step and ("step %s of %s"):format(step, made.words(job)) or made.words(job)
  local limit = value.get(job, "spec", "activeDeadlineSeconds")
  if reason == "DeadlineExceeded" and limit then return ("%s took longer than the %d s that it may"):format(title, limit) end
  local of_pod = pod_words(pod)
  if of_pod then return ("%s failed with its Pod (%s)"):format(title, of_pod) end
  if failure then return ("%s failed with %s"):format(title, status_words(failure)) end
  local why = both(reason, message)
  return ("%s failed%s"):format(made.words(job), why and (" (%s)"):format(why) or "")
end

function ended.read(job, pod)
  local outcome = { failed = made.state(job) ~= "complete", seconds = ended.seconds(job) or 0 }
  if not outcome.failed then return outcome end
  local step, failure = step_of(pod)
  outcome.step, outcome.error = step, secret.mask(error_of(job, pod, step, failure))
  return outcome
end

return ended
