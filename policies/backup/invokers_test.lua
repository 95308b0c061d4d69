-- Schedules, retention, time limits and batches.

-- A BackupConfiguration without findings, with some fields changed; false leaves one out.
local function configuration(changed)
  local fields = { schedule = '"0 3 * * *"', timeOut = "2h", repository = "{name: vault}", task = "{name: pg}",
    target = "{ref: {apiVersion: v1, kind: Service, name: db}}", retentionPolicy = "{name: few, keepLast: 5, prune: true}" }
  for name, text in pairs(changed or {}) do fields[name] = text end
  local lines = { "apiVersion: stash.appscode.com/v1beta1\nkind: BackupConfiguration\nmetadata: {name: nightly, namespace: demo}\nspec:" }
  for name, text in pairs(fields) do
    if text then lines[#lines + 1] = ("  %s: %s"):format(name, text) end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function check(name, input, expect)
  test(name) { options = { ["backup.elsewhere"] = "*" }, input = input, expect = expect }
end

check("a whole BackupConfiguration has no findings", configuration(), {})

check("a backup without schedule", configuration { schedule = false }, { "backup/scheduled @ spec.schedule" })
check("an empty schedule is none", configuration { schedule = '""' }, { "backup/scheduled @ spec.schedule" })

local GOOD = { "*/15 * * * *", "0 3 * * 0", "0 3 1,15 * *", "30 2 * jan-mar MON-FRI", "0 0-6/2 * * *", "5/10 1 * * ?", "@daily",
  "@every 1h30m", "0 0 31 1 *", "0 0 29 2 *", "* * * * *", "0 0 31 2 1" }
for _, schedule in ipairs(GOOD) do
  check("a schedule that is fine: " .. schedule, configuration { schedule = ("%q"):format(schedule) }, {})
end

local BAD = {
  { "0 3 * *", "4 fields" }, { "0 3 * * * *", "6 fields" }, { "60 3 * * *", "not between 0 and 59" }, { "0 24 * * *", "hour" },
  { "0 3 0 * *", "day of the month" }, { "0 3 * 13 *", "month" }, { "0 3 * * 7", "Sunday is 0" }, { "0 3 * * 5-1", "backwards" },
  { "*/0 3 * * *", "step of 0" }, { "0 3 * * mo", "no number" }, { "0 3 31 2 *", "no" }, { "0 3 31 4,6 *", "such a day" },
  { "@often", "not one of" }, { "@every soon", "no duration" }, { "TZ=UTC 0 3 * * *", "time zone" },
    { "CRON_TZ=UTC 0 3 * * *", "time zone" },
  { "0, 3 * * *", "no number" }, { "a b c d e", "no number" },
}
for _, case in ipairs(BAD) do
  check("a schedule that is wrong: " .. case[1], configuration { schedule = ("%q"):format(case[1]) },
    { "backup/schedule @ spec.schedule: " .. case[2] })
end

check("sixty backups in an hour", configuration { schedule = '"* 3 * * *"' }, { "backup/schedule-each-minute @ spec.schedule" })

check("a paused backup", configuration { paused = "true" }, { "backup/paused @ spec.paused" })
check("a backup that is not paused", configuration { paused = "false" }, {})

check("a backup without retention", configuration { retentionPolicy = false }, { "backup/retention @ spec.retentionPolicy: no retention" })
check("a retention that keeps nothing", configuration { retentionPolicy = "{name: none, keepLast: 0, prune: true}" },
  { "backup/retention @ spec.retentionPolicy: no count" })
for _, field in ipairs { "keepLast", "keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly" } do
  check("a retention by " .. field, configuration { retentionPolicy = ("{name: some, %s: 1, prune: true}"):format(field) }, {})
end
check("a retention by tags", configuration { retentionPolicy = "{name: tagged, keepTags: [audit], prune: true}" }, {})
check("a negative count", configuration { retentionPolicy = "{name: few, keepLast: 5, keepDaily: -1, prune: true}" },
  { "backup/retention-counts @ spec.retentionPolicy.keepDaily" })
check("a retention without prune", configuration { retentionPolicy = "{name: few, keepLast: 5}" },
  { "backup/retention-prune @ spec.retentionPolicy.prune" })
check("a retention with prune off", configuration { retentionPolicy = "{name: few, keepLast: 5, prune: false}" },
  { "backup/retention-prune @ spec.retentionPolicy.prune" })
check("volume snapshots are not pruned", configuration { driver = "VolumeSnapshotter", retentionPolicy = "{name: few, keepLast: 5}" }, {})
check("a dry run", configuration { retentionPolicy = "{name: few, keepLast: 5, prune: true, dryRun: true}" },
  { "backup/retention-dry-run @ spec.retentionPolicy.dryRun" })
check("no dry run", configuration { retentionPolicy = "{name: few, keepLast: 5, prune: true, dryRun: false}" }, {})

check("a backup without time limit", configuration { timeOut = false }, { "backup/timeout @ spec.timeOut" })
check("a time of several units", configuration { timeOut = "1h30m10.5s" }, {})
for _, text in ipairs { "2", "2 hours", "h", "1h30" } do
  check("a time that cannot be read: " .. text, configuration { timeOut = ("%q"):format(text) },
    { "backup/duration @ spec.timeOut: no duration" })
end
check("no time at all", configuration { timeOut = "0s" }, { "backup/duration @ spec.timeOut: no time" })
check("a delay", configuration { retryConfig = "{maxRetry: 2, delay: 10m}" }, {})
check("a delay that cannot be read", configuration { retryConfig = "{maxRetry: 2, delay: later}" },
  { "backup/duration @ spec.retryConfig.delay" })

local JOB = [[
apiVersion: batch/v1
kind: Job
metadata: {name: dump, labels: {%s}}
spec:
  backoffLimit: 0
  %s
  template:
    spec:
      restartPolicy: Never
      containers: []
]]
check("a Job without deadline", JOB:format("", ""), { "backup/timeout @ spec.activeDeadlineSeconds" })
check("a Job with a deadline", JOB:format("", "activeDeadlineSeconds: 3600"), {})
check("a Job whose time is its invoker's", JOB:format("app.kubernetes.io/managed-by: stash.appscode.com", ""), {})

local CRON_JOB = [[
apiVersion: batch/v1
kind: CronJob
metadata: {name: dump}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      %s
      template: {spec: {restartPolicy: Never, containers: []}}
]]
check("a CronJob without deadline", CRON_JOB:format "", { "backup/timeout @ spec.jobTemplate.spec.activeDeadlineSeconds" })
check("a CronJob with a deadline", CRON_JOB:format "activeDeadlineSeconds: 3600", {})

-- --- restores, batches, blueprints

-- What a restore is rendered with.
local AROUND = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: vault, namespace: demo}
spec: {backend: {storageSecretName: key, s3: {bucket: b}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: pg}
spec: {steps: [{name: update-status}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec:
  image: registry.example/stash@sha256:0000
  runtimeSettings: {resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}
---
]]

local function restore(more)
  return AROUND .. [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: back, namespace: demo}
spec:
  repository: {name: vault}
  task: {name: pg}
  target: {ref: {apiVersion: v1, kind: Service, name: db}, rules: [{snapshots: [latest]}]}
]] .. more
end
check("a restore with a time limit", restore "  timeOut: 1h\n", {})
check("a restore without time limit", restore "", { "backup/timeout @ spec.timeOut" })

local function batch(members)
  return [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBatch
metadata: {name: fleet, namespace: demo}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: vault}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
  members: ]] .. members
end
local MEMBER = "{task: {name: pg}, target: {%s ref: {apiVersion: v1, kind: Service, name: db}}}"
check("a batch of one", batch("[" .. MEMBER:format "" .. "]"), {})
check("a batch of two with aliases", batch("[" .. MEMBER:format "alias: a," .. ", " .. MEMBER:format "alias: b," .. "]"), {})
check("a batch of two with one alias", batch("[" .. MEMBER:format "alias: a," .. ", " .. MEMBER:format "alias: a," .. "]"),
  { "backup/batch-alias @ spec.members[1].target.alias: called a too" })
check("a batch of two without aliases", batch("[" .. MEMBER:format "" .. ", " .. MEMBER:format "" .. "]"),
  { "backup/batch-alias @ spec.members[1].target.alias: host-0" })
check("a batch without members", batch "[]", { "backup/batch-members @ spec.members" })

local function blueprint(schedule)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBlueprint
metadata: {name: databases}
spec:
  %s
  timeOut: 2h
  task: {name: pg}
  backend: {storageSecretName: key, s3: {bucket: b, prefix: "${TARGET_NAMESPACE}/${TARGET_NAME}"}}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]]):format(schedule)
end
check("a blueprint may leave the schedule to annotations", blueprint "", {})
check("a blueprint with a wrong schedule", blueprint 'schedule: "3 o clock"', { "backup/schedule @ spec.schedule" })
