-- lua/cluster/ended.lua: what is said of the end of a Job, by what a cluster says of it and of its Pod.
local ended = require "cluster.ended"
local suite = dofile "tests/lib/suite.lua"

local START = "2027-01-01T00:00:00Z"

local function job(condition, reason, message)
  return { kind = "Job", metadata = { namespace = "shop", name = "nightly" }, spec = { activeDeadlineSeconds = 60 }, status = {
    startTime = START, completionTime = condition == "Complete" and "2027-01-01T00:01:30Z" or nil,
    conditions = { { type = condition, status = "True", reason = reason, message = message,
      lastTransitionTime = "2027-01-01T00:01:00Z" } } } }
end

local function terminated(code, reason, message)
  return { terminated = { exitCode = code, reason = reason or "Error", message = message } }
end
local RUNS, WAITS = { running = {} }, { waiting = { reason = "PodInitializing" } }

-- A Pod of dump-0, restic-1 and update-status-2.
local function pod(states, more)
  local function container(name, i)
    return { name = name, state = states[i], lastState = more and more.before and more.before[i] or {} }
  end
  return { metadata = { uid = "p", creationTimestamp = START }, status = { phase = "Failed", reason = more and more.reason,
    message = more and more.message, initContainerStatuses = { container("dump-0", 1), container("restic-1", 2) },
    containerStatuses = { container("update-status-2", 3) } } }
end

local FAILED = job("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
local LATE = job("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
local DONE = terminated(0, "Completed")

-- { name, Job, Pod, step, error }
local ROWS = {
  { "a step that fails", FAILED, pod { DONE, terminated(3), WAITS }, "restic-1",
    "step restic-1 of Job shop/nightly failed with exit status 3" },
  { "the last step", FAILED, pod { DONE, DONE, terminated(1) }, "update-status-2",
    "step update-status-2 of Job shop/nightly failed with exit status 1" },
  { "out of memory", FAILED, pod { terminated(137, "OOMKilled"), WAITS, WAITS }, "dump-0",
    "step dump-0 of Job shop/nightly failed with exit status 137 (OOMKilled)" },
  { "a signal", FAILED, pod { terminated(139), WAITS, WAITS }, "dump-0",
    "step dump-0 of Job shop/nightly failed with exit status 139 (signal 11)" },
  { "a step that says why", FAILED, pod { terminated(1, nil, "begun\npg_dump: refused\27[0m\n\n"), WAITS, WAITS }, "dump-0",
    "step dump-0 of Job shop/nightly failed with exit status 1: pg_dump: refused\\x1b[0m" },
  { "a program that is not there", FAILED, pod { terminated(128, "StartError"), WAITS, WAITS }, "dump-0",
    "step dump-0 of Job shop/nightly failed with exit status 128 (StartError)" },
  { "a step that was to be started again", FAILED, pod({ { waiting = { reason = "CrashLoopBackOff" } }, WAITS, WAITS },
    { before = { terminated(2) } }), "dump-0", "step dump-0 of Job shop/nightly failed with exit status 2" },
  { "a Pod that was evicted", FAILED, pod({ DONE, terminated(137), WAITS }, { reason = "Evicted", message = "The node was low on disk." }),
    "restic-1", "step restic-1 of Job shop/nightly failed with its Pod (Evicted: The node was low on disk.)" },
  { "too late, in the middle of a step", LATE, pod { DONE, RUNS, WAITS }, "restic-1",
    "step restic-1 of Job shop/nightly took longer than the 60 s that it may" },
  { "too late, and killed for it", LATE, pod { DONE, terminated(143), WAITS }, "restic-1",
    "step restic-1 of Job shop/nightly took longer than the 60 s that it may" },
  { "too late, without a Pod", LATE, nil, nil, "Job shop/nightly took longer than the 60 s that it may" },
  { "a Pod that nobody has seen", FAILED, nil, nil,
    "Job shop/nightly failed (BackoffLimitExceeded: Job has reached the specified backoff limit)" },
  { "a Pod that says nothing", FAILED, { metadata = { uid = "p" } }, nil,
    "Job shop/nightly failed (BackoffLimitExceeded: Job has reached the specified backoff limit)" },
}

local tests = {}
for i, row in ipairs(ROWS) do
  tests[i] = { row[1], function()
    suite.equal(ended.read(row[2], row[3]), { failed = true, step = row[4], error = row[5], seconds = 60 })
  end }
end

tests[#tests + 1] = { "a Pod that is evicted, whose steps the cluster forgets", function()
  local gone = { metadata = { uid = "p", creationTimestamp = START }, status = { phase = "Failed", reason = "Evicted",
    message = "Full. " } }
  local last = ended.later(gone, pod { DONE, RUNS, WAITS })
  suite.equal(ended.read(FAILED, last).error, "step restic-1 of Job shop/nightly failed with its Pod (Evicted: Full.)")
end }

tests[#tests + 1] = { "how long a container ran, and one that never started", function()
  suite.equal(ended.time_of { startedAt = START, finishedAt = "2027-01-01T00:01:30Z" }, 90)
  suite.equal(ended.time_of { startedAt = "1970-01-01T00:00:00Z", finishedAt = START }, nil)
end }

tests[#tests + 1] = { "a success", function()
  suite.equal(ended.read(job "Complete", pod { DONE, DONE, DONE }), { failed = false, seconds = 90 })
end }

tests[#tests + 1] = { "the Pod that counts", function()
  local first = { metadata = { uid = "1", creationTimestamp = "2027-01-01T00:00:00Z" } }
  local second = { metadata = { uid = "2", creationTimestamp = "2027-01-01T00:00:09Z" } }
  suite.equal({ ended.later(first, nil) == first, ended.later(second, first) == second, ended.later(first, second) == second },
    { true, true, true })
end }

return suite.run("run: how a Job has ended", tests)
