-- What becomes of a session's status, and what is made of numbers: lua/status/session.lua, units.lua, metrics.lua.
local suite = dofile "tests/lib/suite.lua"
local metrics = require "status.metrics"
local session = require "status.session"
local units = require "status.units"

local NOW = 1700000100
local CREATED = "2023-11-14T22:13:20Z" -- a hundred seconds before
local WHEN = units.timestamp(NOW)

local GOOD = { seconds = 4.25, snapshots = { { name = "abc" } } }
local BAD = { failed = "step dump: no", seconds = 0, snapshots = {} }

-- What a host reports: { … } over the usual.
local function told(more)
  local about = { direction = "backup", invoker = { kind = "BackupConfiguration", name = "bc" }, namespace = "shop", hostname = "host-0",
    target = { kind = "AppBinding", namespace = "shop", name = "db" }, result = GOOD, members = 1, now = NOW, pushed = true }
  for key, v in pairs(more or {}) do about[key] = v end
  return about
end

local function object(kind, status)
  return { kind = kind, metadata = { creationTimestamp = CREATED, name = "s" }, status = status }
end

local PUSHED = { type = "MetricsPushed", status = "True", reason = "SuccessfullyPushedMetrics", message = "metrics were pushed",
  lastTransitionTime = WHEN }
local REF = { kind = "AppBinding", namespace = "shop", name = "db" }
local OTHER = { kind = "AppBinding", namespace = "shop", name = "other" }
local GOOD_HOST = { hostname = "host-0", phase = "Succeeded", duration = "4.25s", snapshots = { { name = "abc" } } }
local BAD_HOST = { hostname = "host-0", phase = "Failed", error = "step dump: no" }

local function phases(status)
  local words = { status.phase }
  for _, each in ipairs(status.targets or status.members or {}) do words[#words + 1] = each.phase or "?" end
  return table.concat(words, " ")
end

local function condition_of(status, kind)
  for _, each in ipairs(status.conditions) do
    if each.type == kind then return each end
  end
end

-- { what it is, kind, status before, what is told, phases of the session and its targets }
local ROWS = {
  { "the first of one", "BackupSession", nil, told(), "Succeeded Succeeded" },
  { "a failure", "BackupSession", nil, told { result = BAD }, "Failed Failed" },
  { "one of two hosts", "BackupSession", { targets = { { ref = REF, totalHosts = 2 } } }, told(), "Running Running" },
  { "the second of two hosts", "BackupSession", { targets = { { ref = REF, totalHosts = 2, stats = { { hostname = "h1",
    phase = "Succeeded" } } } } },
    told(), "Succeeded Succeeded" },
  { "a host that failed before", "BackupSession", { targets = { { ref = REF, totalHosts = 2, stats = { { hostname = "h1",
    phase = "Failed" } } } } },
    told(), "Failed Failed" },
  { "the same host again", "BackupSession", { targets = { { ref = REF, stats = { { hostname = "host-0", phase = "Failed" } } } } }, told(),
    "Succeeded Succeeded" },
  { "another target goes on", "BackupSession", { targets = { { ref = OTHER, phase = "Running" } } }, told { members = 2 },
    "Running Running Succeeded" },
  { "another target failed", "BackupSession", { targets = { { ref = OTHER, phase = "Failed" } } }, told { members = 2 },
    "Failed Failed Succeeded" },
  { "another target is not there yet", "BackupSession", nil, told { members = 2 }, "Running Succeeded" },
  { "a hook failed", "BackupSession", { targets = { { ref = REF, conditions = { { type = "PostBackupHookExecutionSucceeded",
    status = "False" } } } } },
    told(), "Failed Failed" },
  { "a target without a namespace", "BackupSession", { targets = { { ref = { kind = "AppBinding", name = "db" } } } }, told(),
    "Succeeded Succeeded" },
  { "a restore", "RestoreSession", { totalHosts = 1 }, told { direction = "restore" }, "Succeeded" },
  { "a restore that failed", "RestoreSession", nil, told { direction = "restore", result = BAD }, "Failed" },
  { "a restore of two hosts", "RestoreSession", { totalHosts = 2 }, told { direction = "restore" }, "Running" },
  { "a batch of restores", "RestoreBatch", { members = { { ref = OTHER, phase = "Succeeded" } } }, told { direction = "restore",
    members = 2 },
    "Succeeded Succeeded Succeeded" },
}

local tests = {}
for _, row in ipairs(ROWS) do
  tests[#tests + 1] = { row[1], function() suite.equal(phases(session.next(object(row[2], row[3]), row[4])), row[5]) end }
end

local function add(name, test) tests[#tests + 1] = { name, test } end

add("a backup that is over", function()
  suite.equal(session.next(object "BackupSession", told()), { phase = "Succeeded", sessionDuration = "1m40s", conditions = {
    { type = "RepositoryMetricsPushed", status = "True", reason = "SuccessfullyPushedRepositoryMetrics", message = "metrics were pushed",
      lastTransitionTime = WHEN }, PUSHED }, targets = { { ref = REF, totalHosts = 1, phase = "Succeeded", stats = { GOOD_HOST } } } })
end)

add("a restore that failed", function()
  suite.equal(session.next(object "RestoreSession", told { direction = "restore", result = BAD }), { phase = "Failed",
    sessionDuration = "1m40s", totalHosts = 1, stats = { BAD_HOST }, conditions = { PUSHED } })
end)

add("what to do about a failure", function()
  local result = { failed = "step backup: the repository is full", advice = "make it larger", seconds = 0, snapshots = {} }
  local status = session.next(object "BackupSession", told { result = result })
  suite.equal(status.targets[1].stats[1].error, "step backup: the repository is full; make it larger")
end)

add("conditions", function()
  local result = { seconds = 1, snapshots = {}, cleaned = true, failed = "damaged", repository = { integrity = false } }
  local before = { conditions = { { type = "RetentionPolicyApplied", status = "True", lastTransitionTime = "then" }, { type = "Other" } } }
  local status = session.next(object("BackupSession", before), told { result = result, pushed = false, why_pushed = "no answer" })
  suite.equal(status.conditions[2], { type = "Other" })
  suite.equal(condition_of(status, "RetentionPolicyApplied").lastTransitionTime, "then")
  suite.equal(condition_of(status, "RepositoryIntegrityVerified").status, "False")
  suite.equal(condition_of(status, "RepositoryMetricsPushed").message, "no answer")
  suite.equal(condition_of(status, "MetricsPushed").status, "False")
  suite.equal(status.phase, "Failed")
end)

add("the object is left as it is", function()
  local before = object("BackupSession", { targets = { { ref = REF, stats = {} } }, conditions = {} })
  session.next(before, told())
  suite.equal(before.status, { targets = { { ref = REF, stats = {} } }, conditions = {} })
end)

add("units", function()
  for number, want in pairs { [0] = "0 B", [1023] = "1023 B", [1024] = "1.000 KiB", [1572864] = "1.500 MiB", [1 << 40] = "1.000 TiB" } do
    suite.equal(units.bytes(number), want)
  end
  for seconds, want in pairs { [0] = "0:00", [65.9] = "1:05", [7207] = "2:00:07" } do suite.equal(units.clock(seconds), want) end
  for text, want in pairs { ["0 B"] = 0, ["1023 B"] = 1023, ["1.500 MiB"] = 1572864, ["1.000 TiB"] = 1 << 40 } do
    suite.equal(units.read_bytes(text), want)
  end
  for _, text in ipairs { "", "1", "1 MB", "x KiB", "1.5 B" } do suite.equal(units.read_bytes(text), nil, text) end
  for text, want in pairs { ["0:00"] = 0, ["1:05"] = 65, ["2:00:07"] = 7207 } do suite.equal(units.read_clock(text), want) end
  for _, text in ipairs { "", "5", ":5", "1:x", "1:" } do suite.equal(units.read_clock(text), nil, text) end
  for seconds, want in pairs { [0] = "0s", [0.5] = "0.5s", [10] = "10s", [100] = "1m40s", [62.5] = "1m2.5s", [3600] = "1h0m0s" } do
    suite.equal(units.duration(seconds), want)
  end
  for seconds, want in pairs { [0] = "1970-01-01T00:00:00Z", [951782400] = "2000-02-29T00:00:00Z", [1700000000] = "2023-11-14T22:13:20Z",
    [4107542399] = "2100-02-28T23:59:59Z", [1735689599] = "2024-12-31T23:59:59Z" } do suite.equal(units.timestamp(seconds), want) end
end)

add("metrics of sessions", function()
  local list = metrics.session("restore", { success = true, seconds = 100, now = NOW, targets = { { success = false, hosts = 1,
    labels = { a = 'x"\\\n' } } } },
    { b = "c" })
  suite.equal(metrics.text(list), [[
# TYPE stash_appscode_com_restoresession_duration_seconds gauge
stash_appscode_com_restoresession_duration_seconds{b="c"} 100
# TYPE stash_appscode_com_restoresession_success gauge
stash_appscode_com_restoresession_success{b="c"} 1
# TYPE stash_appscode_com_restoresession_target_count_total gauge
stash_appscode_com_restoresession_target_count_total{b="c"} 1
# TYPE stash_appscode_com_restoresession_target_success gauge
stash_appscode_com_restoresession_target_success{a="x\"\\\n"} 0
# TYPE stash_restore_session_duration_seconds gauge
stash_restore_session_duration_seconds{b="c"} 100
# TYPE stash_restore_session_success gauge
stash_restore_session_success{b="c"} 1
# TYPE stash_restore_target_count_total gauge
stash_restore_target_count_total{b="c"} 1
# TYPE stash_restore_target_success gauge
stash_restore_target_success{a="x\"\\\n"} 0
]])
end)

return suite.run("status: session", tests)
