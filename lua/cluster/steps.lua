-- What the steps of a Job do, from the statuses of its Pod.
--
--   steps.state(pod, status, since) -> state, { code, reason, seconds }     as run.show has them, of one container. `since` asks how long
--                                      it has been running
--   steps.waits_for(status) -> what a container waits for, where that is no ordinary beginning: "ImagePullBackOff"; and in words
--   steps.of(job, pod or nil) -> list of { name, state, code, reason, seconds }, in the order in which they run
--
-- Nothing is asked here.
local ended = require "cluster.ended"
local made = require "cluster.made"
local value = require "base.value"

local steps = {}

local ORDINARY = { PodInitializing = true, ContainerCreating = true }

function steps.waits_for(status)
  local waiting = value.get(status, "state", "waiting")
  if not waiting or not waiting.reason or ORDINARY[waiting.reason] then return nil end
  return waiting.reason, waiting.message or waiting.reason
end

function steps.state(pod, status, since)
  local state = status.state or {}
  local over = state.terminated
  if over then
    local odd = over.exitCode ~= 0 and over.reason ~= "Error" and over.reason or nil
    return over.exitCode == 0 and "done" or "failed", { code = over.exitCode, reason = odd, seconds = ended.time_of(over) }
  end
  if state.running and ended.is_over(pod) then return "failed", { reason = value.get(pod, "status", "reason") } end
  if state.running then return "running", { seconds = since and ended.time_so_far(state.running) } end
  if ended.is_over(pod) then return "skipped" end
  return "waiting", { reason = steps.waits_for(status) }
end

function steps.of(job, pod)
  local known, all = {}, {}
  for _, status in ipairs(pod and ended.statuses(pod) or {}) do known[status.name] = status end
  for i, step in ipairs(made.steps(job)) do
    local state, about
    if known[step.name] then state, about = steps.state(pod, known[step.name], true)
    else state = made.is_over(job) and "skipped" or "waiting" end
    about = about or {}
    all[i] = { name = step.name, state = state, code = about.code, reason = about.reason, seconds = about.seconds }
  end
  return all
end

return steps
