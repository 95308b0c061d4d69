-- Waits until a Job of a cluster is over and nothing of it runs any more.
--
--   wait.over(connection, job [, pod]) -> job, pod     as cluster.ended takes them: its last Pod as it was last seen, or nil
--                                      -> nil          the Job is not there any more
--
-- `pod` is its Pod as somebody else saw it, who watched before. A Job that takes too long has ended before its steps are: they get as long
-- as their grace period. Nothing is asked while nothing happens, and a cluster that is away for a while is waited for.
local ended = require "cluster.ended"
local loop = require "kube.loop"
local made = require "cluster.made"
local value = require "base.value"
local watches = require "cluster.watches"

local wait = {}

local GRACE = 30 -- seconds for containers to end, where the Pod says nothing
local PATIENCE = 15 -- seconds beyond that

local function ignore() end

-- What the watches tell, in `seen`: the Job, its last Pod, and by uid the Pods that are there.
local function start_watches(self, job, seen)
  return watches.alone(self):follow(job, { trouble = ignore, fine = ignore,
    job = function(object) seen.job = object end,
    gone = function() seen.gone = true end,
    pod = function(pod) seen.pods[pod.metadata.uid], seen.pod = pod, ended.later(pod, seen.pod) end,
    pod_gone = function(pod) seen.pods[pod.metadata.uid] = nil end,
    ready = function() seen.is_told = true end })
end

local function is_quiet(seen)
  for _, pod in pairs(seen.pods) do
    if not ended.is_over(pod) then return false end
  end
  return true
end

local function await(self, seen)
  self.loop:wait(function() return seen.is_told and (seen.gone or not seen.job or made.is_over(seen.job)) end)
  if seen.gone or not seen.job then return nil end
  local grace = seen.pod and value.get(seen.pod, "spec", "terminationGracePeriodSeconds") or GRACE
  self.loop:wait(function() return is_quiet(seen) end, loop.now() + (grace + PATIENCE) * 1000)
  return seen.job, seen.pod
end

function wait.over(self, job, pod)
  local seen = { pods = {}, pod = pod }
  local followed = start_watches(self, job, seen)
  local ok, its, last = pcall(await, self, seen)
  followed:stop()
  if not ok then error(its, 0) end
  return its, last
end

return wait
