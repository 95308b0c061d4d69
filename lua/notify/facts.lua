-- What there is to tell of a backup or restore that is over, for mails and webhooks.
--
--   facts.read(output folder) -> { direction, failed = why, or nil, advice = what to do about that, where it is known,
--     status = "Succeeded" | "Failed", step, seconds, snapshot, repository = what restic says of it, session, target,
--     stored = name of the Repository, attempt, retries_left, now }
--   facts.subject(facts), facts.lines(facts), facts.record(facts)   in one line; as a list of { label, text }; for programs
--   facts.wanted(facts, "always" | "failure" | "success")
--
-- The folder says what steps left there (status.results); the environment names the objects as the catalogue's Functions have them
-- (NAMESPACE, BACKUP_SESSION, RESTORE_SESSION, INVOKER_*, TARGET_*, REPOSITORY_NAME), and in a hook behind the end what became of the
-- Job (run/after.lua). A Job that failed is told as failed, whatever its steps left. On a cluster a hook has a folder of its own, with
-- nothing in it: then all that is known is how the Job ended.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local results = require "status.results"
local units = require "status.units"

local facts = {}

local function env(name)
  local text = host.environment(name)
  return text ~= "" and text or nil
end
facts.environment = env

-- "AppBinding shop/orders"; nil where nothing has a name.
local function named(kind, namespace, name)
  if not name then return nil end
  return ("%s %s"):format(kind or "", namespace and namespace .. "/" .. name or name):match "^%s*(.*)$"
end

local function session_of(namespace)
  local restore = env "RESTORE_SESSION"
  if env "BACKUP_SESSION" then return named("BackupSession", namespace, env "BACKUP_SESSION") end
  return restore and named(env "INVOKER_KIND" == "RestoreBatch" and "RestoreBatch" or "RestoreSession", namespace, restore)
end

local function direction_of(folder)
  if env "BACKUP_SESSION" then return "backup" end
  if env "RESTORE_SESSION" or (env "INVOKER_KIND" or ""):find "^Restore" then return "restore" end
  return folder and results.direction(folder) or "backup"
end

-- Dates are those of SOURCE_DATE_EPOCH where that is set, so that a letter can be made again.
local function now() return math.tointeger(tonumber(env "SOURCE_DATE_EPOCH" or "")) or host.clock() end

-- What the steps left, and over that how the Job ended: where it failed without a word of a step, its own words count.
local function failure_of(result, folder)
  local outcome = env "MOONSTEP_OUTCOME"
  if outcome == "Succeeded" and not results.any(folder) then return nil end
  if outcome ~= "Failed" then return result.failed end
  if result.failed and folder and files.kind(folder .. "/status.json") then return result.failed end
  return env "MOONSTEP_ERROR" or result.failed or "its Job failed"
end

-- How long its steps took, as they say, or else the Job.
local function seconds_of(result, folder)
  return not results.any(folder) and tonumber(env "MOONSTEP_SECONDS" or "") or result.seconds
end

function facts.read(folder)
  local namespace, direction = env "NAMESPACE", direction_of(folder)
  local result = results.read(folder, direction)
  local failed = failure_of(result, folder)
  return { direction = direction, failed = failed, advice = failed and failed == result.failed and result.advice or nil,
    status = failed and "Failed" or "Succeeded", seconds = seconds_of(result, folder),
    step = failed and (failed:match "^step ([^%s:]+):" or env "MOONSTEP_STEP"), snapshot = result.snapshots[1], counts = result.counts,
    repository = result.repository, session = session_of(namespace), now = now(),
    target = named(env "TARGET_KIND", env "TARGET_NAMESPACE" or namespace, env "TARGET_NAME"),
    stored = env "REPOSITORY_NAME", attempt = env "MOONSTEP_ATTEMPT", retries_left = env "MOONSTEP_RETRIES_LEFT" }
end

function facts.wanted(of, when)
  if when == "failure" then return of.failed ~= nil end
  return when ~= "success" or not of.failed
end

function facts.subject(of)
  return ("%s: %s of %s"):format(of.failed and "FAILED" or "done", of.direction, diag.visible(of.target or of.session or "a Task"))
end

function facts.lines(of)
  local lines = {}
  local function add(label, text) if text then lines[#lines + 1] = { label, diag.visible(text) } end end
  local snapshot, repository = of.snapshot, of.repository
  add("Status", of.status)
  add("Error", of.failed)
  add("What to do", of.advice)
  add("Step", of.step)
  add("Target", of.target)
  add("Session", of.session)
  add("Attempt", of.attempt and ("%s, %s left"):format(of.attempt, of.retries_left or "none"))
  add("Repository", of.stored)
  add("Duration", not of.failed and units.duration(of.seconds))
  add("Snapshot", snapshot and snapshot.name)
  add("Size", snapshot and ("%s, %s of it new"):format(snapshot.totalSize, snapshot.uploaded))
  add("Files", snapshot and ("%d, %d of them new, %d changed"):format(snapshot.fileStats.totalFiles, snapshot.fileStats.newFiles,
    snapshot.fileStats.modifiedFiles))
  add("In store", repository and repository.snapshotCount and ("%d snapshots, %s"):format(repository.snapshotCount,
    repository.totalSize or "of unknown size"))
  add("Integrity", repository and (repository.integrity and "restic check found nothing wrong" or "restic check found errors"))
  add("Time", units.timestamp(of.now))
  return lines
end

function facts.record(of)
  return { status = of.status, direction = of.direction, error = of.failed and diag.visible(of.failed), advice = of.advice, step = of.step,
    session = of.session, target = of.target, repositoryName = of.stored, repository = of.repository,
    seconds = not of.failed and of.seconds or nil,
    snapshot = of.snapshot, attempt = tonumber(of.attempt), retriesLeft = tonumber(of.retries_left), time = units.timestamp(of.now) }
end

return facts
