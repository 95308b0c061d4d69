-- Jobs on this machine: each step is a container of podman's, one after the other, with the volumes that its Pod has.
--
--   here = runs.open(settings)        before the second wall: podman is asked for its version, and what runs left that were killed is swept
--   here:places()                     the folders that the second wall has to leave open
--   here:run(jobs, sources, report)   of { object = a Job, behind, whole, ends_batch }: runs them in order, until one does not come to its
--                                     end -> exit status where it is not the report's. behind: its hooks (run.after), which run when it
--                                     has ended, in its volumes; the others are those of its batch (run.whole)
--   here:close()
--
-- settings: logs, quiet, format, timeout (seconds, for each Job), retries, delay (seconds before the first one), network (podman's).
--
-- A Job is tried again as often as its backoffLimit says, each time with new emptyDirs and after twice the time, as Kubernetes does.
-- With restartPolicy OnFailure the step that failed is tried again, with what lies in the volumes. An interrupt stops the step that runs,
-- and all is cleared away.
local after = require "run.after"
local arguments = require "podman.arguments"
local diag = require "base.diag"
local engine = require "engine.http"
local folder = require "podman.folder"
local host = require "engine.host"
local job = require "podman.job"
local podman = require "podman.client"
local secret = require "engine.secret"
local show = require "run.show"
local volumes = require "podman.volumes"

local runs = {}

local Here = {}
Here.__index = Here

local INTERRUPTED = 130 -- an exit status
local LONGEST_DELAY = 360 -- seconds, as Kubernetes has it
local HOOK_TIME = 300 -- seconds
local LOOK_AT_SIZES = 10000 -- milliseconds between looks at how full emptyDirs are, as the kubelet's
local WORKDIR = "podman makes no working directory, as a cluster does: workingDir must be in the image, or in a volume"
local GRACE = { usual = 30, interrupted = 10 } -- seconds for a container to end by itself

-- Why a step is stopped before its end.
local STOPS = {
  timeout = { state = "DeadlineExceeded", words = "took longer than the %g s that it may" },
  cancelled = { state = "Cancelled", words = "was interrupted" },
  full = { state = "Evicted" },
}

-- --- one step

-- Looks at the clock, at interrupts and at volumes while a step runs, and stops it.
local function watcher(self, attempt, step)
  local looked = engine.now()
  local grace = attempt.pod.spec.terminationGracePeriodSeconds or GRACE.usual
  local function stop(why, words)
    attempt.stopped = { why = why, words = words }
    local time = why == "cancelled" and math.min(grace, GRACE.interrupted) or grace
    self.podman:call { "stop", "-t", ("%d"):format(math.min(time, 50)), step.id }
  end
  return function()
    attempt.shown:tick()
    if attempt.stopped then return end
    local now = engine.now()
    if host.interrupted() then stop "cancelled"
    elseif attempt.ends and now >= attempt.ends then stop "timeout"
    elseif now - looked >= LOOK_AT_SIZES then
      looked = now
      local name, limit = attempt.volumes:over()
      if name then stop("full", ("the volume %s holds more than its sizeLimit of %s"):format(name, limit)) end
    end
  end
end

-- Whether it was podman that complained, not the step.
local function is_of_podman(answer) return answer.code >= 125 and answer.code <= 127 and (answer.said or ""):find "^Error: " ~= nil end

local function reason_of(answer, step)
  if is_of_podman(answer) then return "ContainerCannotRun" end
  local memory = step.container.resources and step.container.resources.limits and step.container.resources.limits.memory
  if answer.code == 137 and memory then return ("killed, which is how it ends beyond its memory limit of %s"):format(memory) end
  return answer.code > 128 and answer.code < 160 and ("signal %d"):format(answer.code - 128) or nil
end

-- Runs it. Returns nil when it was done, else why it was not, as an outcome of run.show.
local function do_step(self, attempt, step)
  local shown = attempt.shown
  local words = arguments.words(step.prepared, step, attempt.volumes)
  shown:state(step.name, "running")
  local function line(text) shown:log(step.name, text) end
  local answer = self.podman:run(words, step.prepared.variables, line, watcher(self, attempt, step))
  local name, limit = attempt.volumes:over()
  if name and not attempt.stopped then
    attempt.stopped = { why = "full", words = ("the volume %s holds more than its sizeLimit of %s"):format(name, limit) }
  end
  local stopped = attempt.stopped
  if stopped then
    shown:state(step.name, "failed", { reason = STOPS[stopped.why].state })
    local title = ("step %s of %s"):format(step.name, attempt.pod.title)
    if stopped.why == "full" then
      return { status = "failed", message = ("%s was evicted: %s"):format(title, stopped.words) }
    end
    return { status = stopped.why, message = ("%s %s"):format(title, STOPS[stopped.why].words:format(attempt.allowed or 0)) }
  end
  if answer.code == 0 then
    shown:state(step.name, "done", { code = 0 })
    return nil
  end
  local reason = reason_of(answer, step)
  shown:state(step.name, "failed", { code = answer.code, reason = reason })
  local why = is_of_podman(answer) and answer.said:gsub("^Error: ", "") or nil
  if answer.code == 125 and why then
    return { status = "not-started", message = ("step %s of %s could not be started: %s"):format(step.name, attempt.pod.title, why) }
  end
  return { status = "failed", message = ("step %s of %s failed with exit status %d%s%s"):format(step.name, attempt.pod.title, answer.code,
    reason and " (" .. reason .. ")" or "", why and ": " .. why or ""), hint = why and why:find "^workdir" and WORKDIR or nil }
end

-- --- attempts

-- Waits, unless it is interrupted or the time is over. Returns what ended it, or nil.
local function pause(attempt, seconds)
  local until_then = engine.now() + seconds * 1000
  while engine.now() < until_then do
    engine.pause(100)
    attempt.shown:tick()
    if host.interrupted() then return { status = "cancelled" } end
    if attempt.ends and engine.now() >= attempt.ends then return { status = "timeout" } end
  end
end

-- The milliseconds when an attempt must be over, and how many seconds that leaves it: the least of what is given.
local function earliest(attempt, began, seconds)
  if not seconds then return end
  local ends = began + seconds * 1000
  if not attempt.ends or ends < attempt.ends then attempt.ends, attempt.allowed = ends, seconds end
end

-- Tries the step again until it is done, or may not be tried again.
local function do_step_again(self, attempt, step, tries)
  while true do
    local outcome = do_step(self, attempt, step)
    if not outcome or outcome.status ~= "failed" or attempt.stopped or tries.left == 0 then return outcome end
    tries.next(attempt.shown)
    local ended = pause(attempt, tries.delay)
    if ended then return ended end
    attempt.shown:state(step.name, "waiting")
  end
end

-- All steps, with volumes of their own. Returns the outcome.
local function do_steps(self, attempt, tries)
  local again = attempt.pod.spec.restartPolicy == "OnFailure" and tries or { left = 0 }
  for i, step in ipairs(attempt.pod.steps) do
    local outcome = do_step_again(self, attempt, step, again)
    if outcome then
      outcome.step = step.name
      for j = i + 1, #attempt.pod.steps do attempt.shown:state(attempt.pod.steps[j].name, "skipped") end
      return outcome
    end
  end
  return { status = "complete" }
end

-- What is done when this process is killed. A container that podman is about to stop is killed first: `rm` alone forgets it, and lets its
-- processes run.
local function provide(self, pod, part, memory)
  local names, commands = {}, {}
  for i, step in ipairs(pod.steps) do names[i], commands[i] = step.id, { "podman", "kill", "-s", "KILL", step.id } end
  commands[#commands + 1] = table.move(names, 1, #names, 7, { "podman", "rm", "-f", "-i", "-t", "0" })
  if memory[1] then commands[#commands + 1] = table.move(memory, 1, #memory, 5, { "podman", "volume", "rm", "-f" }) end
  local first = self.podman.rootless and { "podman", "unshare", "rm", "-rf" } or { "rm", "-rf" }
  commands[#commands + 1] = table.move({ part.private, part.disk, self.folder.private, self.folder.disk }, 1, 4, #first + 1, first)
  self.podman:afterwards(commands)
end

-- Names the containers of steps, behind those that were named before.
local function name_steps(self, steps, before)
  for i, step in ipairs(steps) do step.id = ("moonstep-%s-%d-%d"):format(self.folder.id, self.now.attempt, before + i) end
end

-- Runs a Job of hooks in the volumes of the one that has ended. Returns why it failed, in words, or nil.
local function do_hook(self, object, attempt, part)
  local pod = job.read(object, attempt.pod.sources, self.folder.id)
  local hook = { pod = pod, shown = attempt.shown, volumes = attempt.volumes }
  earliest(hook, engine.now(), HOOK_TIME)
  name_steps(self, pod.steps, #attempt.pod.steps)
  provide(self, pod, part, attempt.volumes.memory)
  for _, step in ipairs(pod.steps) do step.prepared = arguments.prepare(step, pod, self.now) end
  local outcome = do_steps(self, hook, { left = 0 })
  return outcome.status ~= "complete" and outcome.message or nil
end

-- What hooks are told of an attempt.
local function told_of(attempt, outcome, tries)
  local failed = outcome.status ~= "complete"
  return { failed = failed, step = outcome.step, error = failed and secret.mask(outcome.message or "it did not come to its end") or nil,
    seconds = (engine.now() - attempt.began) / 1000 },
    { number = tries.number, left = outcome.status == "failed" and tries.left or 0 }
end

-- The hooks behind an attempt. Returns why they failed, or nil.
local function do_hooks(self, attempt, outcome, tries, part)
  local behind = attempt.pod.behind
  if not behind then return nil end
  local told, number = told_of(attempt, outcome, tries)
  local words = outcome.status == "cancelled" and "interrupted" or not attempt.volumes and "not started" or behind:skipped(told, number)
  if words then
    for _, name in ipairs(behind.names) do attempt.shown:state(name, "skipped", { reason = words }) end
    return nil
  end
  local ok, why = diag.catch(function()
    for _, object in ipairs(behind:jobs(told, number)) do
      local failed = do_hook(self, object, attempt, part)
      if failed then return failed end
    end
  end)
  return ok and why or not ok and why.message or nil
end

-- One attempt, from its volumes to their end. Returns the outcome, and why hooks behind it failed.
local function try(self, attempt, tries)
  local part = self.folder:part(self.now.attempt)
  self.now.folder = part
  local ok, outcome = diag.catch(function()
    name_steps(self, attempt.pod.steps, 0)
    provide(self, attempt.pod, part, {})
    for _, step in ipairs(attempt.pod.steps) do step.prepared = arguments.prepare(step, attempt.pod, self.now) end
    attempt.volumes = volumes.make(attempt.pod, self.now)
    provide(self, attempt.pod, part, attempt.volumes.memory)
    return do_steps(self, attempt, tries)
  end)
  if not ok then outcome = { status = "not-started", message = outcome.message, hint = outcome.hint, rule = outcome.rule } end
  local why = do_hooks(self, attempt, outcome, tries, part)
  if attempt.volumes then attempt.volumes:drop() end
  folder.drop(part, self.podman)
  return outcome, why
end

-- How often and when a Job is tried again.
local function new_tries(self, pod)
  local tries = { left = pod.is_hook and 0 or self.settings.retries or pod.retries, wait = self.settings.delay, number = 1 }
  tries.all = tries.left + 1
  function tries.next(shown)
    tries.left, tries.number, tries.delay = tries.left - 1, tries.number + 1, tries.wait
    tries.wait = math.min(tries.wait * 2, LONGEST_DELAY)
    shown:say(("attempt %d of %d in %g s"):format(tries.number, tries.all, tries.delay))
  end
  return tries
end

-- All that is shown of a Job: its steps, and those of its hooks.
local function shown_steps(pod)
  local steps = table.move(pod.steps, 1, #pod.steps, 1, {})
  for _, name in ipairs(pod.behind and pod.behind.names or {}) do steps[#steps + 1] = { name = name, kind = "main" } end
  return steps
end

-- Runs a Job to its end. Returns its outcome.
local function run_job(self, pod, report)
  local settings, began = self.settings, engine.now()
  local shown = show.start({ report = report, logs = settings.logs, quiet = settings.quiet, format = settings.format,
    title = pod.title }, shown_steps(pod))
  local tries = new_tries(self, pod)
  while true do
    self.now.attempt = self.now.attempt + 1
    local attempt = { pod = pod, shown = shown, began = engine.now() }
    earliest(attempt, began, settings.timeout)
    earliest(attempt, began, pod.deadline)
    earliest(attempt, engine.now(), pod.pod_deadline)
    local outcome, why = try(self, attempt, tries)
    local again, ended = outcome.status == "failed" and tries.left > 0 and pod.spec.restartPolicy ~= "OnFailure", nil
    if again then
      if why then shown:say("a hook failed: " .. why) end
      tries.next(shown)
      ended = pause(attempt, tries.delay)
    end
    if not again or ended then
      local beside
      outcome, beside = after.end_of(pod.title, ended or outcome, why)
      outcome.rule, outcome.severity = outcome.rule or pod.rule, pod.severity
      shown:finish(outcome)
      if beside then report:add { rule = "hook-failed", severity = "warning", message = beside } end
      return outcome
    end
    for _, step in ipairs(shown_steps(pod)) do shown:state(step.name, "waiting") end
  end
end

-- What there is to say of fields that nothing is made of.
local function tell_left_out(pod, report)
  if not pod.left_out[1] then return end
  report:add { rule = "left-out", severity = "warning", within = pod.title,
    message = "left out, since there is no cluster: " .. table.concat(pod.left_out, ", ") }
end

-- Raises what is wrong with a Job, before any Job runs.
local function check(self, pod)
  for _, step in ipairs(pod.steps) do arguments.check(step, pod, self.podman) end
  pod.current = nil
  volumes.check(pod, self.podman)
end

-- open(settings)
function runs.open(settings)
  local self = setmetatable({ settings = settings, podman = podman.open(), folder = folder.open() }, Here)
  self.now = { podman = self.podman, network = settings.network, attempt = 0 }
  local ok, raised = diag.catch(function()
    if not self.folder:any_left() then return end
    self.podman:check()
    self.folder:sweep(self.podman)
  end)
  if ok then return self end
  self:close()
  error(raised, 0)
end

function Here:places() return self.folder:places() end

-- The hook of a batch as a whole, behind the last of its Jobs that ran, as a Job of its own. Returns the outcome of the batch then.
local function end_batch(self, pod, outcome, known, report)
  local whole, failed = pod.whole, outcome.status ~= "complete"
  local told = { failed = failed, step = outcome.step, seconds = (engine.now() - pod.began) / 1000,
    error = failed and secret.mask(outcome.message or "it did not come to its end") or nil }
  if outcome.status == "cancelled" then return outcome end
  for _, object in ipairs(whole:jobs(told, { number = 1, left = 0, name = pod.name })) do
    local hook = job.read(object, known, self.folder.id)
    hook.title, hook.is_hook, hook.rule = "the hook of " .. whole.title, true, "hook-failed"
    hook.severity = failed and "warning" or nil
    local its = run_job(self, hook, report)
    if its.status ~= "complete" and (not failed or its.status == "cancelled") then return its end
  end
  return outcome
end

local function read_all(self, jobs, known, report)
  local pods = {}
  for i, each in ipairs(jobs) do
    local pod = job.read(each.object, known, self.folder.id)
    pod.behind, pod.whole, pod.ends_batch = each.behind, each.whole, each.ends_batch
    tell_left_out(pod, report)
    pods[i] = pod
  end
  return pods
end

function Here:run(jobs, known, report)
  local pods = read_all(self, jobs, known, report)
  self.podman:check()
  for _, pod in ipairs(pods) do check(self, pod) end
  host.heed_interrupts()
  for i, pod in ipairs(pods) do
    pod.began = i > 1 and pods[i - 1].whole == pod.whole and pods[i - 1].began or engine.now()
    local outcome = run_job(self, pod, report)
    local complete = outcome.status == "complete"
    if pod.whole and (pod.ends_batch or not complete) then outcome = end_batch(self, pod, outcome, known, report) end
    if outcome.status ~= "complete" then
      for j = i + 1, #pods do
        report:add { rule = "job-skipped", severity = "warning",
          message = ("%s is not run, since %s did not come to its end"):format(pods[j].title, pod.title) }
      end
      return outcome.status == "cancelled" and INTERRUPTED or nil
    end
  end
end

function Here:close()
  self.folder:close(self.podman)
  self.podman:close()
end

return runs
