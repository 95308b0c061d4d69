-- Jobs on a cluster: applied, and followed to their ends.
--
--   run.jobs(options, settings, report) -> exit status where it is not the report's
--   run.follow(connection, job, settings, report) -> likewise, for a Job that is there, and what comes behind its end (cluster.sequel)
--
-- `options` are the road's, with a context. settings: logs, quiet, format; timeout, start_timeout, delay in seconds; retries (the invoker's
-- retryConfig where nothing is said); detach, cleanup, force.
--
-- Everything is checked by the cluster before anything is applied, and what follows a Job must be allowed too. A Job that failed is tried
-- again as NAME-retry-N, and is left for who wants to see why. Its time limit is the Job's activeDeadlineSeconds, so that the cluster keeps
-- it also when nobody follows any more. A Job that a template suspends until others are over (`sequence`) is let go in its turn. An
-- interrupt leaves the Job to itself. Its hooks are a Job of their own behind its end (cluster.hooks). With `detach`, what there is to do
-- behind the end (cluster.errand) is done by another Job in the cluster (cluster.follower).
local after = require "run.after"
local apply = require "kube.apply"
local attempts = require "cluster.attempts"
local batch_end = require "cluster.batch_end"
local diag = require "base.diag"
local ended = require "cluster.ended"
local errand = require "cluster.errand"
local follow = require "cluster.follow"
local follower = require "cluster.follower"
local hints = require "cluster.hints"
local hooks = require "cluster.hooks"
local loop = require "kube.loop"
local made = require "cluster.made"
local preflight = require "cluster.preflight"
local put = require "cluster.put"
local road = require "road"
local sequel = require "cluster.sequel"
local show = require "run.show"
local verdict = require "cluster.verdict"
local whole = require "run.whole"

local run = {}

local INTERRUPTED = 130 -- an exit status
local ENDS = { complete = true, failed = true, timeout = true }

-- --- before anything is applied

local function warn_untold(job, raised, report)
  raised.severity, raised.trouble = "warning", nil
  raised.within = ("nobody will tell the session of %s where its last step cannot"):format(made.words(job))
  report:add(raised)
end

-- What there is to do behind the end where nobody stays, and whether the cluster would take who does it. Where that is to tell a session
-- alone, the Job can do without.
local function check_errand(self, each, settings, report)
  local its, why = errand.of(self, each, settings)
  if its then
    local ok, raised = diag.catch(follower.check, self, its, each.object)
    if ok then each.errand = its
    elseif its:only_tells() then why = raised
    else error(raised, 0) end
  end
  if why then warn_untold(each.object, why, report) end
end

local function check_behind(self, each, settings, report)
  hooks.check(self, each, each.behind)
  hooks.check(self, each, each.whole)
  if settings.detach then check_errand(self, each, settings, report) end
end

-- Whether the cluster would take what runs behind the ends; what it would not is reported.
local function check_all_behind(self, jobs, settings, report)
  local fine = true
  for _, each in ipairs(jobs) do
    local ok, raised = diag.catch(check_behind, self, each, settings, report)
    if not ok then
      raised.within = raised.within or "what runs behind the end of " .. made.words(each.object)
      report:add(raised)
      fine = false
    elseif each.errand then each.errand:take_over() end
  end
  return fine
end

-- What is to be put there, checked by the cluster; nil when it cannot be, which is reported.
local function plan(self, options, settings, report)
  local objects = put.objects(options.made, self, options.namespace or "default")
  local jobs, others = {}, {}
  for _, each in ipairs(objects) do
    if each.object.kind == "Job" then
      attempts.prepare(each.object, settings)
      hooks.take(each)
      jobs[#jobs + 1] = each
    else others[#others + 1] = each end
  end
  if settings.detach then whole.look(options.made, report) else whole.take(jobs) end
  local may_begin = preflight.check(self, jobs, objects, settings, settings, report) and check_all_behind(self, jobs, settings, report)
  if may_begin then return jobs, others end
end

-- --- one Job

local function show_of(job, settings, report, behind)
  local steps = made.steps(job)
  for _, name in ipairs(behind and behind.names or {}) do steps[#steps + 1] = { name = name, kind = "main" } end
  return show.start({ report = report, logs = settings.logs, quiet = settings.quiet, format = settings.format, title = made.words(job) },
    steps)
end

-- Which step failed is said, and how to go on with a Job where it is left.
local function finish(shown, job, outcome, settings)
  outcome.hint = outcome.hint or hints.of(outcome, job, settings)
  if outcome.job and made.is_over(outcome.job) then outcome.message = outcome.message or ended.read(outcome.job, outcome.pod).error end
  if outcome.is_tried_again then
    outcome.severity, outcome.message, outcome.hint = "warning", outcome.message .. "; it is tried again", nil
  end
  shown:finish(outcome)
end

-- f() -> its outcome; or, where it was interrupted, that.
local function unless_interrupted(job, rest, f)
  local ok, outcome = pcall(f)
  if ok then return outcome end
  if outcome ~= loop.INTERRUPTED then error(outcome, 0) end
  return { status = "cancelled", message = ("interrupted; %s %s"):format(made.words(job), rest), job = job }
end

local function follow_one(self, job, shown, settings, behind)
  local rest = behind and "goes on; its hooks are not run unless this run is started again" or "goes on"
  return unless_interrupted(job, rest, function() return follow.job(self, job, shown, attempts.limits(job, settings)) end)
end

-- The hooks behind a Job that has ended. Returns the outcome with theirs, and words to be told beside it. Their Jobs are added to `ran`.
local function run_hooks(self, behind, job, outcome, attempt, shown, settings, ran)
  if not behind then return outcome end
  local beside
  local function follow_hook(hook)
    ran[#ran + 1] = hook
    return follow.job(self, hook, shown, attempts.limits(hook, settings))
  end
  return unless_interrupted(job, "has ended, and its hooks go on", function()
    local with
    with, beside = after.end_of(made.words(job), outcome, hooks.run(self, behind, outcome, attempt, shown, follow_hook))
    return with
  end), beside
end

-- One attempt of a Job, to the end of its hooks. Returns the outcome, words to be told beside it, and whether it is to be tried again.
local function try(self, each, attempt, tries, shown, settings)
  local outcome = follow_one(self, attempt.live, shown, settings, each.behind)
  local left = attempts.is_retried(outcome) and tries.left or 0
  local number = { number = tries.number, left = left }
  local with, beside = run_hooks(self, each.behind, attempt.live, outcome, number, shown, settings, tries.ran)
  return with, beside, left > 0 and with.status ~= "cancelled"
end

-- Applies a Job and sees it to its end, with retries. Returns the last outcome, nil when it could not be applied; and all Jobs that ran.
local function run_job(self, each, settings, report)
  local retries, delay = attempts.retries(each, settings)
  local attempt, shown = each, nil
  local tries = { left = retries, number = 1, ran = {} }
  while true do
    if not put.apply(self, { attempt }, settings, report) then return nil, tries.ran end
    table.insert(tries.ran, attempt.live)
    shown = shown or show_of(attempt.live, settings, report, each.behind)
    local outcome, beside, again = try(self, each, attempt, tries, shown, settings)
    if not again then
      finish(shown, attempt.live, outcome, settings)
      if beside then report:add { rule = "hook-failed", severity = "warning", message = beside } end
      return outcome, tries.ran
    end
    shown:say(("%s; it is tried again"):format(outcome.message or ended.read(outcome.job, outcome.pod).error))
    if beside then shown:say(beside) end
    self.loop:sleep(attempts.pause(delay, tries.number - 1))
    attempt = attempts.again(each, tries.number)
    tries.left, tries.number = tries.left - 1, tries.number + 1
    if not put.check(self, { attempt }, settings, report) then return nil, tries.ran end
    for _, name in ipairs(each.behind and each.behind.names or {}) do shown:state(name, "waiting") end
  end
end

-- --- all of them

-- Removes what was made, but claims, which hold data.
local function clean_up(self, objects, report)
  for _, object in ipairs(objects) do
    local ok, raised = diag.catch(apply.delete, self, object)
    if not ok then report:add(raised) end
  end
end

local function tell_detached(self, jobs, settings, report)
  if settings.quiet then return end
  for _, each in ipairs(jobs) do
    report:add { rule = "kube", severity = "info", hint = hints.open(each.live),
      message = ("%s is %s in context %s%s"):format(made.words(each.live), each.change, self.name,
        each.errand and ("; Job %s sees to what comes behind its end"):format(follower.name(each.live)) or "") }
  end
end

-- Lets others see to the ends of Jobs that nobody follows.
local function hand_over(self, jobs, settings, report)
  for _, each in ipairs(jobs) do
    local ok, raised = true, nil
    if each.errand then ok, raised = diag.catch(follower.make, self, each.errand, each.live) end
    if not ok then
      raised.within = ("what runs behind the end of %s, which goes on without it"):format(made.words(each.live))
      raised.hint = raised.hint or hints.open(each.live)
      report:add(raised)
      return
    end
  end
  tell_detached(self, jobs, settings, report)
end

-- Tells the session of a Job that has failed.
local function tell_session(self, target, outcome, report)
  local about = verdict.about(target)
  if not about then return end
  local ok, raised = diag.catch(verdict.tell, self, about, outcome)
  if ok then return end
  raised.severity, raised.trouble = "warning", nil
  raised.within = ("%s %s/%s was not told of the failure"):format(about.session.kind, about.namespace, about.session.name)
  report:add(raised)
end

-- A Job of ours that is there and not over, from a run that was interrupted or killed: it is the one that was asked for.
local function tell_followed(each, report)
  if not each.live or each.change == "replaced" then return end
  report:add { rule = "kube", severity = "info", message = made.words(each.live) .. " is there already and still runs; it is followed" }
end

-- The hooks of a batch as a whole, behind the last of its Jobs that ran, the first attempt of which is `job`. Returns whether it was
-- interrupted. Their Jobs are added to `ran`.
local function end_batch(self, each, outcome, job, settings, report, ran)
  local batch = { whole = each.whole, job = job, outcome = outcome, seconds = (loop.now() - each.began) // 1000 }
  local hooks_ran, interrupted = batch_end.run(self, batch, settings, report)
  table.move(hooks_ran, 1, #hooks_ran, #ran + 1, ran)
  return interrupted
end

-- Jobs that are not run, since one before them did not come to its end. Where that has failed, and they are of the same session, it would
-- wait for them.
local function skip(self, jobs, from, has_failed, report)
  local last = jobs[from - 1]
  for i = from, #jobs do
    local words = made.words(jobs[i].object) .. " is not run, since the one before it did not come to its end"
    report:add { rule = "job-skipped", severity = "warning", message = words }
    if has_failed and jobs[i].target.session == last.target.session then
      tell_session(self, jobs[i].target, { status = "failed", message = words, job = jobs[i].object }, report)
    end
  end
end

local function run_all(self, jobs, others, settings, report)
  if not put.apply(self, others, settings, report) then return nil end
  if settings.detach then
    if put.apply(self, jobs, settings, report) then hand_over(self, jobs, settings, report) end
    return nil
  end
  local all, interrupted = {}, false
  for i, each in ipairs(jobs) do
    tell_followed(each, report)
    each.began = jobs[i - 1] and jobs[i - 1].whole == each.whole and jobs[i - 1].began or loop.now()
    local outcome, ran = run_job(self, each, settings, report)
    table.move(ran, 1, #ran, #all + 1, all)
    if outcome then tell_session(self, each.target, outcome, report) end
    interrupted = outcome and outcome.status == "cancelled"
    local complete = outcome and outcome.status == "complete"
    if each.whole and outcome and (each.ends_batch or not complete) then
      interrupted = end_batch(self, each, outcome, ran[1], settings, report, all) or interrupted
    end
    if interrupted then complete = false end
    if not complete then
      skip(self, jobs, i + 1, outcome and not interrupted and ENDS[outcome.status], report)
      break
    end
  end
  if settings.cleanup and not interrupted then clean_up(self, attempts.removable(others, all), report) end
  return interrupted and INTERRUPTED or nil
end

local function render_and_run(options, settings, report)
  options.made = {}
  road.render(options, report)
  local self = options.connection
  if not self or report:status() ~= 0 or #options.made == 0 then return nil end
  self.loop:heed_interrupts()
  local jobs, others = plan(self, options, settings, report)
  if not jobs then return nil end
  return run_all(self, jobs, others, settings, report)
end

-- What is interrupted while no Job runs, too.
local function guard(report, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  if result == loop.INTERRUPTED then
    report:add { rule = "job-cancelled", severity = "error", message = "interrupted while no Job was running",
      hint = "`moonstep status` lists what there is" }
    return INTERRUPTED
  end
  if not diag.is(result) then error(result, 0) end
  report:add(result)
end

function run.jobs(options, settings, report) return guard(report, render_and_run, options, settings, report) end

-- Follows a Job that is there, and tells its end. Returns the outcome.
local function follow_there(self, job, settings, report, behind)
  local shown = show_of(job, settings, report)
  local outcome = follow_one(self, job, shown, settings)
  if outcome.job and made.is_over(outcome.job) then outcome.seconds = ended.seconds(outcome.job) end
  outcome.is_tried_again = attempts.is_retried(outcome) and not made.part_of(job) and behind:retries_left(job) > 0
  finish(shown, job, outcome, settings)
  return outcome
end

-- Whether nothing comes behind a Job that was followed: not behind what has not ended, nor behind the hook of the last attempt.
local function is_last(job, outcome, is_tried_again)
  if made.part_of(job) then return not is_tried_again end
  return outcome.status == "not-started" or outcome.gone
end

function run.follow(self, job, settings, report)
  return guard(report, function()
    self.loop:heed_interrupts()
    local behind, is_tried_again = sequel.of(self, job), false
    repeat
      local outcome = follow_there(self, job, settings, report, behind)
      if not made.part_of(job) then is_tried_again = outcome.is_tried_again end
      if outcome.status == "cancelled" then return INTERRUPTED end
      job = not is_last(job, outcome, is_tried_again) and behind:next() or nil
    until not job
  end)
end

return run
