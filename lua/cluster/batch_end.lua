-- The hook behind a batch as a whole (run.whole), on a cluster: a Job of its own, which belongs to the last Job of the batch that ran.
--
--   batch_end.run(connection, { whole, job, outcome, seconds }, settings, report) -> Jobs that were made, whether it was interrupted
--
-- whole: the hook; job: the last Job that ran, as it is there, in its first attempt; outcome: of its last one (cluster.follow); seconds:
-- that all of the batch took. settings are cluster.run's. A hook that fails makes a failure of a batch that is complete.
local attempts = require "cluster.attempts"
local diag = require "base.diag"
local ended = require "cluster.ended"
local follow = require "cluster.follow"
local hooks = require "cluster.hooks"
local loop = require "kube.loop"
local made = require "cluster.made"
local show = require "run.show"

local batch_end = {}

local ONCE = { number = 1, left = 0 }

-- What the hook is told: the end of the last Job is that of the batch.
local function told_of(batch)
  local outcome = batch.outcome
  local told = { failed = outcome.status ~= "complete", seconds = batch.seconds }
  if not told.failed then return told end
  local its = outcome.job and made.is_over(outcome.job) and ended.read(outcome.job, outcome.pod) or {}
  told.step, told.error = its.step, its.error or outcome.message
  return told
end

local function run_all(self, batch, shown, settings, ran)
  local told = { outcome = told_of(batch), attempt = ONCE, obstacle = hooks.obstacle(batch.outcome) }
  return hooks.play(self, batch.whole, batch.job, told, shown, function(hook)
    ran[#ran + 1] = hook
    return follow.job(self, hook, shown, attempts.limits(hook, settings))
  end)
end

function batch_end.run(self, batch, settings, report)
  local whole, steps, ran = batch.whole, {}, {}
  for i, name in ipairs(whole.names) do steps[i] = { name = name, kind = "main" } end
  local shown = show.start({ report = report, logs = settings.logs, quiet = settings.quiet, format = settings.format,
    title = "the hook of " .. whole.title }, steps)
  local ok, why = pcall(run_all, self, batch, shown, settings, ran)
  if not ok and why == loop.INTERRUPTED then
    shown:finish { status = "cancelled", message = ("interrupted; the hook of %s goes on"):format(whole.title) }
    return ran, true
  elseif not ok and not diag.is(why) then error(why, 0) end
  why = not ok and why.message or ok and why or nil
  shown:finish { status = why and "failed" or "complete", rule = "hook-failed",
    severity = batch.outcome.status ~= "complete" and "warning" or nil,
    message = why and ("a hook of %s failed: %s"):format(whole.title, why) }
  return ran
end

return batch_end
