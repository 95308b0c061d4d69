-- How a Job of a cluster is tried: with which limits, how often, under which names, and what is removed behind it.
--
--   attempts.prepare(job, settings)             a rendered Job: its time limit, which the cluster keeps; it begins when it is its turn
--   attempts.limits(job, settings) -> { start_timeout, timeout } in milliseconds, for cluster.follow
--   attempts.patience(settings) -> seconds that a Job may wait for a step to begin
--   attempts.retries(each, settings) -> how often it is tried again, seconds before the first time
--   attempts.is_retried(outcome) -> whether the Job may be tried again after such an end (cluster.follow)
--   attempts.pause(delay, number) -> milliseconds before the retry behind attempt `number`, the first of which is 0
--   attempts.again(each, number) -> the same Job as NAME-retry-N;  attempts.name(NAME, number) -> that name
--   attempts.removable(others, jobs) -> what --cleanup removes: Jobs, and what was created for them but claims, which hold data
--
-- settings are those of cluster.run, `each` is one of cluster.put's. Nothing is asked here.
local duration = require "base.duration"
local names = require "templates.names"
local value = require "base.value"

local attempts = {}

local START_TIMEOUT = 300 -- seconds
local DELAY = 10 -- seconds before the first retry
local LONGEST_DELAY = 360 -- seconds, as Kubernetes has it

local function milliseconds(seconds) return seconds and math.floor(seconds * 1000) end

function attempts.prepare(job, settings)
  if not settings.detach then job.spec.suspend = nil end
  if not settings.timeout then return end
  local own = job.spec.activeDeadlineSeconds
  local given = math.max(1, math.ceil(settings.timeout))
  job.spec.activeDeadlineSeconds = math.type(own) == "integer" and math.min(own, given) or given
end

function attempts.patience(settings) return settings.start_timeout or START_TIMEOUT end

function attempts.limits(job, settings)
  local deadline = value.get(job, "spec", "activeDeadlineSeconds")
  return { start_timeout = milliseconds(attempts.patience(settings)), timeout = milliseconds(deadline) }
end

-- As the command line says it, else as the invoker does.
function attempts.retries(each, settings)
  local config = value.get(each.target.invoker or {}, "value", "spec", "retryConfig") or {}
  local given = type(config.delay) == "string" and duration.seconds(config.delay) or nil
  return settings.retries or math.type(config.maxRetry) == "integer" and config.maxRetry or 0, settings.delay or given or DELAY
end

-- Whoever deletes a Job while it runs ends it: it is not to come back under another name.
function attempts.is_retried(outcome) return outcome.status == "failed" and not outcome.gone end

function attempts.pause(delay, number) return milliseconds(math.min(delay * 2 ^ number, LONGEST_DELAY)) end

function attempts.name(name, number)
  local suffix = ("-retry-%d"):format(number)
  return names.cut(name:sub(1, 63 - #suffix)) .. suffix
end

function attempts.again(each, number)
  local copy = value.copy(each.object)
  copy.metadata.name = attempts.name(copy.metadata.name, number)
  return { object = copy, target = each.target }
end

function attempts.removable(others, jobs)
  local all = table.move(jobs, 1, #jobs, 1, {})
  for _, each in ipairs(others) do
    if each.change == "created" and each.object.kind ~= "PersistentVolumeClaim" then all[#all + 1] = each.live end
  end
  return all
end

return attempts
