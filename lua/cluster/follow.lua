-- A Job of a cluster, followed to its end: what its steps do, what they print, and how it ended.
--
--   follow.job(connection, job, shown, settings) -> outcome, as run.show takes it, with the Job and its last Pod as they were then (job,
--                                                  pod), for cluster.ended
--
-- settings: start_timeout and timeout in milliseconds; source, who tells of the Job (cluster.watches; else it has watches of its own), and
-- is_new, for it;
-- without_logs, where nobody wants to know what steps print; tick, milliseconds between looks at the clock.
--
-- It is over at Complete or Failed of the Job, which a watch tells; and, since Kubernetes goes on for ever where an image cannot be pulled,
-- a Pod cannot be scheduled or a Secret is missing, when no step runs for as long as start_timeout says. Nothing is asked while nothing
-- happens.
local apply = require "kube.apply"
local diag = require "base.diag"
local ended = require "cluster.ended"
local events = require "kube.events"
local hints = require "cluster.hints"
local logs = require "kube.logs"
local loop = require "kube.loop"
local made = require "cluster.made"
local steps = require "cluster.steps"
local value = require "base.value"
local watches = require "cluster.watches"

local follow = { UNREACHABLE = 600000 } -- milliseconds without the cluster, after which it is given up

local DRAIN = 3000 -- milliseconds without a line, once the Job is over
local OVERDUE = 3000 -- milliseconds beyond its time limit after which the cluster is made to look at a Job again, and again
local LATE = 30000 -- milliseconds beyond its time limit after which a Job that the cluster does not end counts as ended
local TICK = 1000 -- milliseconds between looks at the clock

local Follower = {}
Follower.__index = Follower

-- --- what steps print

local function key_of(pod, status) return ("%s/%s/%d"):format(pod.metadata.uid, status.name, status.restartCount or 0) end

local function are_told(all)
  for _, log in pairs(all) do
    if not log.task.ended then return nil end
  end
  return true
end

-- A function that says whether the logs that have been begun so far are told to their ends: steps print one after the other.
local function earlier_are_told(self)
  local earlier = {}
  for _, log in pairs(self.logs) do earlier[#earlier + 1] = log end
  return function() return are_told(earlier) end
end

local function follow_log(self, pod, status)
  local key = key_of(pod, status)
  if self.logs[key] or self.settings.without_logs then return end
  self.logs[key] = logs.follow(self.connection, { namespace = pod.metadata.namespace, pod = pod.metadata.name, container = status.name,
    is_over = function() return self.ended[key] or self.pod_gone == pod.metadata.uid end, after = earlier_are_told(self) },
    function(line)
      self.last_line = loop.now()
      self.shown:log(status.name, line)
    end, function(message)
      if not self.refused then self.shown:say("what steps print cannot be shown: " .. message) end
      self.refused = true
    end)
end

-- --- what the watches tell

-- A Job may have several Pods, one after the other; the latest counts.
local function take_pod(self, pod)
  if ended.later(pod, self.pod) ~= pod then return end
  if self.pod and self.pod.metadata.uid ~= pod.metadata.uid then
    self.shown:say(("%s goes on in another Pod, where its steps begin anew"):format(made.words(self.job)))
    for _, step in ipairs(self.steps) do self.shown:state(step.name, "waiting") end
  end
  self.pod = pod
  local moved = false
  for _, status in ipairs(ended.statuses(pod)) do
    local state, about = steps.state(pod, status, not self.is_told)
    local key = key_of(pod, status)
    if state == "running" or state == "done" or state == "failed" then
      moved = moved or state == "running" or not self.ended[key]
      if state ~= "running" then self.ended[key] = true end
      follow_log(self, pod, status)
    end
    if self.states[status.name] ~= "failed" or state ~= "waiting" then self.shown:state(status.name, state, about) end
    self.states[status.name] = state
    self.running[status.name] = state == "running" or nil
  end
  if moved then self.idle_since = loop.now() end
end

local function take_job(self, job)
  self.job = job
  local status, reason = ended.status(job)
  if status then self.outcome = { status = status, reason = status ~= "complete" and reason or nil } end
end

local function start_watches(self)
  local source = self.settings.source or watches.alone(self.connection)
  self.followed = source:follow(self.job, {
    job = function(job) take_job(self, job) end,
    gone = function()
      self.outcome = self.outcome or { status = "failed", message = made.words(self.job) .. " was deleted before its end", gone = true }
    end,
    pod = function(pod) take_pod(self, pod) end,
    pod_gone = function(pod) self.pod_gone = pod.metadata.uid end,
    ready = function() self.is_told = true end,
    trouble = function(message)
      self.away_since = self.away_since or loop.now()
      self.shown:say(message .. "; it is tried again")
    end,
    fine = function()
      self.away_since, self.idle_since = nil, loop.now()
      self.shown:say "the cluster answers again"
    end,
  }, self.settings.is_new)
end

-- --- what never begins

-- What keeps the Pod from running, in words: what its containers wait for, or why it is nowhere, or the last warning about it.
local function obstacle(self)
  for _, status in ipairs(self.pod and ended.statuses(self.pod) or {}) do
    local reason, words = steps.waits_for(status)
    if reason then return reason, ("step %s: %s"):format(status.name, words) end
  end
  for _, condition in ipairs(value.get(self.pod or {}, "status", "conditions") or {}) do
    if condition.type == "PodScheduled" and condition.status == "False" then
      return condition.reason, condition.message or "no node was found for it"
    end
  end
  return nil, self.pod and "its Pod does not begin" or "it has no Pod"
end

local function not_started(self)
  local reason, words = obstacle(self)
  local look = reason and events.warning or events.last
  local said, why = look(self.connection, { self.pod or self.job, self.job })
  if said and said.message ~= words then words = ("%s (%s: %s)"):format(words, said.reason, said.message)
  elseif not said and why then words = ("%s (what the cluster says about it cannot be read: %s)"):format(words, why) end
  return { status = "not-started", advice = hints.cause(reason, words, said),
    message = ("%s has not gone on for %d s: %s"):format(made.words(self.job), self.settings.start_timeout // 1000, words) }
end

-- --- to the end

-- Kubernetes forgets a time limit now and then, and remembers it when the Job changes.
local function remind(self, late)
  if late < OVERDUE * (self.reminders + 1) then return end
  self.reminders = self.reminders + 1
  diag.catch(apply.touch, self.connection, self.job, "moonstep/overdue", ("%d"):format(self.reminders))
end

-- That is no end of this Job, and the same for all others: `whole` says so to who follows many.
local function raise_unreachable(self)
  local _, raised = diag.catch(self.connection.raise, self.connection, ("the cluster could not be asked for %d s, and nobody knows how %s "
    .. "goes on"):format(follow.UNREACHABLE // 1000, made.words(self.job)), hints.open(self.job))
  raised.whole = true
  error(raised, 0)
end

-- Whether it is over for a reason that no watch tells.
local function look_at_clock(self)
  local now, settings = loop.now(), self.settings
  if self.away_since then
    if now - self.away_since > follow.UNREACHABLE then raise_unreachable(self) end
  elseif next(self.running) then self.idle_since = now
  elseif now - self.idle_since > settings.start_timeout and not (self.pod and ended.is_over(self.pod)) then
    self.outcome = not_started(self)
  end
  local late = settings.timeout and now - self.began - settings.timeout or 0
  if late > OVERDUE and not self.outcome then remind(self, late) end
  if late > LATE then
    self.outcome = { status = "timeout", message = ("%s took longer than it may, and the cluster has not ended it"):format(
      made.words(self.job)) }
  end
end

-- Waits for the last lines, for as long as there come some.
local function drain(self)
  local began = loop.now()
  repeat
    local told = self.connection.loop:wait(function() return are_told(self.logs) end, loop.now() + TICK)
    self.shown:tick()
  until told or loop.now() - math.max(began, self.last_line or 0) > DRAIN
end

-- Steps that did not come to their turn.
local function close_steps(self)
  for _, step in ipairs(self.steps) do
    local state = self.states[step.name]
    if state == nil or state == "waiting" then self.shown:state(step.name, "skipped") end
  end
end

local function stop(self)
  if self.followed then self.followed:stop() end
  for _, log in pairs(self.logs) do log:stop() end
end

local function new(connection, job, shown, settings)
  local now = loop.now()
  return setmetatable({ connection = connection, job = job, shown = shown, settings = settings, steps = made.steps(job), states = {},
    running = {}, logs = {}, ended = {}, reminders = 0, began = now, idle_since = now, tick = settings.tick or TICK }, Follower)
end

local function run(self)
  start_watches(self)
  local function is_over() return self.outcome and self.is_told end
  while not is_over() do
    self.connection.loop:wait(is_over, loop.now() + self.tick)
    self.shown:tick()
    if not self.outcome then look_at_clock(self) end
  end
  if self.outcome.status ~= "not-started" then
    drain(self)
    close_steps(self)
  end
  self.outcome.job, self.outcome.pod = self.job, self.pod
  return self.outcome
end

function follow.job(connection, job, shown, settings)
  local self = new(connection, job, shown, settings)
  local ok, result = pcall(run, self)
  stop(self)
  if not ok then error(result, 0) end
  return result
end

return follow
