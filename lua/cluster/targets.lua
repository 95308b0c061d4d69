-- A batch on a cluster: every target is rendered and checked first, then their Jobs are run, so many at a time.
--
--   rows ─ batch.run ─▶ a folder of objects ─ cluster.queue ─▶ cluster.target, cluster.target, … ─▶ cluster.tally
--
--   targets.run(options, settings, given, report) -> exit status where it is not the report's
--
-- `options` are the road's and batch.run's, `given` what the command line says; settings are those of cluster.run, and: max_running,
-- keep_going, and which (cluster.queue). The first target is checked by the cluster before anything is applied. What has ended is written
-- down as it ends, so the same command goes on where a run was interrupted, killed, or lost its machine.
local attempts = require "cluster.attempts"
local diag = require "base.diag"
local host = require "engine.host"
local loop = require "kube.loop"
local made = require "cluster.made"
local preflight = require "cluster.preflight"
local queues = require "cluster.queue"
local render = require "batch.run"
local show = require "run.show"
local tallies = require "cluster.tally"
local target = require "cluster.target"
local watches = require "cluster.watches"

local targets = {}

local INTERRUPTED = 130 -- an exit status
local TARGETS_OF_A_FILE = 64
local TICK = 1000 -- milliseconds between drawings

local Batch = {}
Batch.__index = Batch

-- --- before anything is applied

-- Renders all targets into the queue's folder. Returns what was filled; nil where that is no ground to run anything, and the exit status.
local function render_all(options, settings, given, report)
  options.output = "ndjson"
  local path = queues.folder(given)
  if settings.which == "failed" then queues.check_failed(path, options.shard) end
  options.out = { path = path, chunk = TARGETS_OF_A_FILE, resume = settings.which == "anew" and "never" or "same" }
  local status = render.render(options, report)
  local out = options.out.folder
  if status or not out or not options.connection then return nil, status end
  if options.out.changed then
    report:add { rule = "queue-anew", severity = "info", message = ("an earlier run has left targets that had not ended; since then has "
      .. "changed: %s, so all begin anew"):format(options.out.changed) }
  end
  if out.is_whole and (report:status() == 0 or settings.keep_going) then return out end
  local others = out.is_whole and queues.any(out)
  queues.discard(out)
  report:add { rule = "nothing-run", severity = "error", trouble = true, hint = others and "--keep-going runs the others" or nil,
    message = out.is_whole and "nothing was run, since not all targets are as they should be"
      or "nothing was run, since not all targets were rendered" }
end

local function tell_beginning(self, report)
  local queue = self.queue
  if queue.only then
    report:add { rule = "queue-failed", severity = "info", hint = "without --failed all are run",
      message = ("runs %d target%s that were not complete when a run before ended"):format(queue.total, queue.total == 1 and "" or "s") }
  end
  if not queue.went_on then return end
  report:add { rule = "queue-goes-on", severity = "info", hint = "--anew begins with the first again",
    message = ("goes on where a run has ended that began %s ago: %d of %d targets had ended then"):format(
      show.time_words((host.clock() - queue.began) * 1000), queue:number_ended(), queue.total) }
end

-- The first target that has not ended, if the cluster would take it; nil when it would not, which is reported. What it may not do in the
-- first target's namespace is raised, and not told again for each target.
local function first_one(self, report)
  local one = self.queue:next()
  if not one then return nil, true end
  local others, jobs = target.objects(self, one)
  local all = table.move(jobs, 1, #jobs, #others + 1, others)
  local how = { force = self.settings.force, batch = self.name, patience = attempts.patience(self.settings) }
  return preflight.check(self.connection, jobs, all, how, self.settings, report) and one or nil
end

-- --- while they run

-- It is written down as ended before anything of it is removed, so that it never runs twice.
local function end_of(self, one, shown)
  local outcome, done = target.run(self, one, shown)
  self.queue:ended(one, outcome.status)
  shown:finish(outcome)
  if self.settings.cleanup then target.clean_up(self, done, shown) end
  self.failed = self.failed + (outcome.status == "complete" and 0 or 1)
end

local function start(self, one)
  self.running = self.running + 1
  self.connection.loop:spawn(function()
    local ok, raised = pcall(end_of, self, one, self.tally:target(one.title))
    self.running, self.moved = self.running - 1, true
    if not ok then self.broken = self.broken or raised end
  end)
end

local function is_stopped(self) return self.broken or self.most and self.failed >= self.most end

-- Starts targets while there is room for them, and waits for one to end, until none is left.
local function run_all(self, one)
  local its_loop = self.connection.loop
  while not self.broken do
    while one and self.running < self.settings.max_running and not is_stopped(self) do
      start(self, one)
      one = self.queue:next()
    end
    if self.running == 0 then break end
    self.moved = false
    its_loop:wait(function() return self.moved end, loop.now() + TICK)
    self.tally:tick()
  end
  if self.broken then error(self.broken, 0) end
end

-- --- the end

local function tell_left(self, report, why)
  report:add { rule = "queue-left", severity = "info", message = ("%s; %d Job%s may run on"):format(why, self.running,
    self.running == 1 and "" or "s"), hint = ("the same command goes on; what is left to do is in %s"):format(self.queue.path) }
end

-- What was there before this run counts as if it had been told.
local function tell_earlier(self, report)
  local failed = 0
  for how, number in pairs(self.earlier) do failed = failed + (how == "complete" and 0 or number) end
  if failed == 0 then return end
  report:add { rule = "job-failed", severity = "error", message = ("%d target%s had failed before this run went on"):format(failed,
    failed == 1 and "" or "s") }
end

local function tell_failed(self, report, number)
  if number == 0 then return end
  report:add { rule = "queue-failed", severity = "info", hint = "the same command with --failed runs these alone, without it all",
    message = ("%d target%s not complete; %s knows which"):format(number, number == 1 and " is" or "s are", self.queue.path) }
end

local function conclude(self, report, ok, raised)
  self.source:stop()
  local interrupted = not ok and raised == loop.INTERRUPTED
  self.tally:summary(interrupted and "interrupted" or nil)
  tell_earlier(self, report)
  if ok and self.queue:number_ended() < self.queue.total then
    report:add { rule = "too-many-errors", severity = "error", trouble = true,
      message = ("stopped: %d target%s failed"):format(self.failed, self.failed == 1 and "" or "s"),
      hint = "--max-errors says when; the same command goes on with the others" }
  elseif ok then tell_failed(self, report, self.queue:drop())
  else
    tell_left(self, report, interrupted and "interrupted" or "ended before its time")
    if not interrupted then error(raised, 0) end
  end
  return interrupted and INTERRUPTED or nil
end

local function open(options, settings, report, out)
  local connection = options.connection
  connection.loop:heed_interrupts()
  local queue = queues.open(out, connection.settings.origin .. connection.settings.server, settings.which, options.shard)
  local self = setmetatable({ connection = connection, settings = settings, queue = queue, name = queue.batch, running = 0,
    failed = 0, most = options.max_errors, namespace = options.namespace or "default", earlier = {} }, Batch)
  for how, number in pairs(queue.counts) do self.earlier[how] = number end
  self.source = watches.shared(connection, ("%s=%s"):format(made.BATCH, self.name))
  tell_beginning(self, report)
  if queue.total == 0 then
    report:add { rule = "no-targets", severity = "warning", message = ("there are no targets in %s, so nothing is run"):format(
      options.targets) }
  end
  return self
end

local function run(options, settings, given, report)
  local out, status = render_all(options, settings, given, report)
  if not out then return status end
  local self = open(options, settings, report, out)
  local ok, one, none = pcall(first_one, self, report)
  if not ok or not one and not none then
    if not self.queue.went_on then self.queue:abandon() end
    if not ok then error(one, 0) end
    return nil
  end
  self.tally = tallies.start({ report = report, logs = settings.logs, quiet = settings.quiet, format = settings.format,
    progress = options.progress }, { total = self.queue.total, counts = self.queue.counts })
  return conclude(self, report, pcall(run_all, self, one))
end

function targets.run(options, settings, given, report)
  local ok, status = pcall(run, options, settings, given, report)
  if ok then return status end
  if status == loop.INTERRUPTED then return INTERRUPTED end
  if not diag.is(status) then error(status, 0) end
  report:add(status)
end

return targets
