-- Invokers and blueprints: when backups run, how long, and what is kept of them.
local cron = include "cron.lua"
local read = include "read.lua"

local SCHEDULED = { "BackupConfiguration", "BackupBatch", "BackupBlueprint" }
local TIMED = { "BackupConfiguration", "BackupBatch", "BackupBlueprint", "RestoreSession", "RestoreBatch" }

local function spec_of(object) return read.map_at(object, "spec") end

rule "backup/scheduled" {
  summary  = "a backup has a schedule",
  help     = "Without a schedule no backup starts by itself. Set spec.schedule, five fields as for cron.",
  severity = "warning",
  kinds    = { "BackupConfiguration", "BackupBatch" },
  check    = function(object, report)
    local spec = spec_of(object)
    if spec and not ask(spec, "schedule", read.has_text) then
      report(object, "spec.schedule", "there is no schedule, so no backup starts by itself", { hint = 'such as schedule: "0 3 * * *"' })
    end
  end,
}

rule "backup/schedule" {
  summary  = "a schedule is one that Kubernetes takes, and that comes",
  help     = "An API server refuses the CronJob of a wrong schedule, which nobody sees but in the operator's log; and 31 February " ..
    "never comes.",
  source   = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local spec = spec_of(object)
    local why = spec and ask(spec, "schedule", cron.problem)
    if why then report(spec, "schedule", "the schedule never starts a backup: " .. why) end
  end,
}

rule "backup/schedule-each-minute" {
  summary  = "a schedule does not start a backup in each minute of an hour",
  help     = "`* 3 * * *` starts sixty backups between three and four o'clock. Write the minute: `0 3 * * *`.",
  severity = "warning",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local spec = spec_of(object)
    if spec and ask(spec, "schedule", cron.each_minute_of_an_hour) then
      report(spec, "schedule", "this starts a backup in every minute of these hours", { hint = "begin it with a minute, such as 0" })
    end
  end,
}

rule "backup/paused" {
  summary  = "a backup is not paused",
  help     = "A paused backup is easily forgotten. Remove spec.paused when its reason is gone.",
  severity = "info",
  kinds    = { "BackupConfiguration", "BackupBatch" },
  check    = function(object, report)
    if read.at(object, "spec", "paused") == true then report(object, "spec.paused", "it is paused: no backup starts") end
  end,
}

-- --- retention

local COUNTS = { "keepLast", "keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly" }

local function is_above_zero(v) return type(v) == "number" and v > 0 end

local function is_below_zero(v) return type(v) == "number" and v < 0 end

local function keeps_something(policy)
  for _, field in ipairs(COUNTS) do
    if ask(policy, field, is_above_zero) then return true end
  end
  return not read.is_empty(policy.keepTags)
end

rule "backup/retention" {
  summary  = "a backup says which snapshots are kept",
  help     = "Without a count of snapshots to keep none is ever removed, and the store grows until it is full. Set keepLast, " ..
    "keepDaily and so on.",
  source   = "https://restic.readthedocs.io/en/stable/060_forget.html",
  severity = "warning",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local spec = spec_of(object)
    local policy = read.map_at(spec, "retentionPolicy")
    if not spec or policy and keeps_something(policy) then return end
    report(object, "spec.retentionPolicy", policy and "the retention policy has no count above 0: every snapshot stays"
      or "there is no retention policy: every snapshot stays", { hint = "such as keepLast: 5 and prune: true" })
  end,
}

rule "backup/retention-counts" {
  summary  = "no count of snapshots to keep is below zero",
  help     = "A negative count is refused, or taken for none. Write how many snapshots are to stay.",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local policy = read.map_at(object, "spec", "retentionPolicy")
    for _, field in ipairs(policy and COUNTS or {}) do
      if ask(policy, field, is_below_zero) then report(policy, field, field .. " is below zero") end
    end
  end,
}

rule "backup/retention-prune" {
  summary  = "what is not kept is removed from the store",
  help     = "Snapshots that are forgotten leave their data behind until it is pruned. Set prune: true, unless the store is " ..
    "pruned elsewhere.",
  severity = "warning",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local policy = read.map_at(object, "spec", "retentionPolicy")
    if not policy or object.spec.driver == "VolumeSnapshotter" or policy.prune == true or not keeps_something(policy) then return end
    report(policy, "prune", "snapshots are forgotten and their data stays: prune is not set", { fix = true })
  end,
}

rule "backup/retention-dry-run" {
  summary  = "retention is not a dry run",
  help     = "With dryRun nothing is removed; it is meant for trying a policy out. Remove it.",
  severity = "warning",
  kinds    = SCHEDULED,
  check    = function(object, report)
    local policy = read.map_at(object, "spec", "retentionPolicy")
    if policy and policy.dryRun == true then report(policy, "dryRun", "nothing is removed in a dry run", { fix = k8s.remove }) end
  end,
}

-- --- time

-- Jobs of an operator get their time from the invoker.
local function is_from_invoker(object)
  return read.at(object, "metadata", "labels", "app.kubernetes.io/managed-by") == "stash.appscode.com"
end

-- The Job's part of a Job or CronJob.
local function job_spec(object)
  if object.kind == "CronJob" then return read.map_at(object, "spec", "jobTemplate", "spec"), "spec.jobTemplate.spec." end
  return read.map_at(object, "spec"), "spec."
end

rule "backup/timeout" {
  summary  = "a backup or restore ends when it takes too long",
  help     = "A Job that hangs holds the repository's lock, and the next runs wait or fail. Set timeOut, or activeDeadlineSeconds " ..
    "of a Job of its own.",
  severity = "warning",
  kinds    = { "BackupConfiguration", "BackupBatch", "BackupBlueprint", "RestoreSession", "RestoreBatch", "Job", "CronJob" },
  check    = function(object, report)
    local is_job = object.kind == "Job" or object.kind == "CronJob"
    if is_job and is_from_invoker(object) then return end
    if is_job then
      local spec, path = job_spec(object)
      if spec and not ask(spec, "activeDeadlineSeconds", is_above_zero) then
        report(object, path .. "activeDeadlineSeconds", "there is no limit to how long it may run: activeDeadlineSeconds is not set")
      end
    elseif spec_of(object) and not ask(object.spec, "timeOut", read.has_text) then
      report(object, "spec.timeOut", "there is no limit to how long it may run: timeOut is not set", { hint = "such as timeOut: 2h" })
    end
  end,
}

rule "backup/duration" {
  summary  = "times are written as 1h30m",
  help     = "A time that cannot be read fails the run that it should limit. Write hours, minutes and seconds: 1h30m.",
  kinds    = TIMED,
  check    = function(object, report)
    local spec = spec_of(object)
    local why = spec and ask(spec, "timeOut", cron.duration_problem)
    if why then report(spec, "timeOut", "timeOut: " .. why) end
    local retry = read.map_at(spec, "retryConfig")
    why = retry and ask(retry, "delay", cron.duration_problem)
    if why then report(retry, "delay", "delay: " .. why) end
  end,
}

-- --- batches

rule "backup/batch-alias" {
  summary  = "the members of a batch have aliases of their own",
  help     = "Snapshots are told apart by host, and the host of a member is its alias or host-0: with the same one, a restore of " ..
    "one member may get another's data. Give each target an alias.",
  source   = "https://stash.run/docs/latest/concepts/crds/backupbatch/",
  severity = "warning",
  kinds    = { "BackupBatch" },
  check    = function(object, report)
    local seen = {}
    for member in read.parts(object) do
      local target = read.map_at(member, "target")
      local alias = read.text_at(target, "alias") or "host-0"
      if target and seen[alias] then
        report(target, "alias", target.alias and ("another member of the batch is called %s too"):format(alias)
          or "two members of the batch have no alias: both write snapshots of host-0")
      end
      if target then seen[alias] = true end
    end
  end,
}

rule "backup/batch-members" {
  summary  = "a batch has members",
  help     = "A batch without members backs up nothing. List them under spec.members.",
  kinds    = { "BackupBatch", "RestoreBatch" },
  check    = function(object, report)
    if spec_of(object) and read.is_empty(object.spec.members) then report(object, "spec.members", "the batch has no members") end
  end,
}
