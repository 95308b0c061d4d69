-- Hooks behind the end of a Job, by `moonstep run` on the cluster of KUBECONFIG, which may be a control plane alone (stage.lua).
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "hooks"
local suite = dofile "tests/lib/suite.lua"

local namespace, folder, kubectl = stage.namespace, stage.folder, stage.kubectl
local expect, pod_of, play, terminated, RUNS, WAITS = stage.expect, stage.pod_of, stage.play, stage.terminated, stage.RUNS, stage.WAITS

-- --- what is run

local FILES = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "nowhere.example/dump:1", command: [dump]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: tell}
spec:
  image: nowhere.example/moonstep:1
  command: [moonstep, update-status]
  runtimeSettings: {env: [{name: MAIL_TO, value: ops@corp.example}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: nightly}
spec: {steps: [{name: dump}, {name: tell}]}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo}
spec: {backend: {s3: {bucket: b}, storageSecretName: s}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: orders}
spec:
  repository: {name: repo}
  task: {name: nightly}
  runtimeSettings: {pod: {serviceAccountName: default}}
  target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}
  hooks: {postBackup: HOOK}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: NAME}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: orders}}
]]

local EXEC = 'exec: {command: [moonstep, notify-email, "--smtp={{ .Invoker.Name }}.example"]}, containerName: tell'

local function job_of(name) return ("stash-backup-%s-0"):format(name) end

-- The command line of a run whose Job has such a hook.
local function line_of(name, hook, more)
  shell.write(("%s/%s.yaml"):format(folder, name), (FILES:gsub("NAME", name):gsub("HOOK", function() return ("{%s}"):format(hook) end)))
  return ("cd %s && %s run -f %s.yaml -n %s %s"):format(folder, shell.moonstep, name, namespace, more or "")
end

local function begin(name, hook, more) return stage.begin(name, nil, line_of(name, hook, more)) end

local DONE = terminated(0)
local HOOK = "post-task-hook"

-- Plays the Job to its end: a success, or a failure of its first step.
local function play_job(job, code)
  local pod = pod_of(job)
  if code == 0 then play(pod, "Succeeded", { DONE, DONE })
  else play(pod, "Failed", { terminated(code), WAITS }) end
end

-- What the environment of a hook says, as "NAME=VALUE NAME=VALUE".
local function told(pod)
  local parts = {}
  for _, each in ipairs(pod.spec.containers[1].env) do
    if each.name:find "^MOONSTEP_" and each.name ~= "MOONSTEP_SECONDS" then
      parts[#parts + 1] = ("%s=%s"):format(each.name:sub(10), each.value)
    end
  end
  return table.concat(parts, " ")
end

local function get(job, path) return kubectl(("-n %s get job %s -o 'jsonpath={%s}'"):format(namespace, job, path)) end

local function is_there(job) return kubectl(("-n %s get job %s --ignore-not-found -o name"):format(namespace, job)) ~= "" end

-- --- cases

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("behind a success: a Job that belongs to the other one, without its hook", function()
  local finish = begin("good", EXEC)
  local job = job_of "good"
  play_job(job, 0)
  local pod = pod_of(job .. "-after")
  suite.equal({ get(job, ".spec.template.spec.initContainers[*].name"), get(job, ".spec.template.spec.containers[*].name") },
    { "dump-0", "tell-1" })
  suite.equal(get(job .. "-after", ".metadata.ownerReferences[*].uid"), get(job, ".metadata.uid"))
  suite.equal(get(job .. "-after", ".metadata.labels"):match '"moonstep/part":"hook","moonstep/run":"([^"]+)"', job)
  suite.equal({ get(job .. "-after", ".spec.backoffLimit"), get(job .. "-after", ".spec.activeDeadlineSeconds") }, { "0", "300" })
  suite.equal(pod.spec.containers[1].image, "nowhere.example/moonstep:1")
  suite.equal(pod.spec.containers[1].command, { "moonstep", "notify-email", "--smtp=orders.example" })
  suite.equal(told(pod), "OUTCOME=Succeeded ATTEMPT=1 RETRIES_LEFT=0")
  play(pod, "Running", { RUNS })
  stage.cluster.loop:sleep(300)
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 0, "dump-0: done", HOOK .. ": running", HOOK .. ": done", "is complete: 3 steps")
end)

case("behind a step that failed", function()
  local finish = begin("bad", EXEC)
  local job = job_of "bad"
  play_job(job, 3)
  local pod = pod_of(job .. "-after")
  suite.equal(told(pod), ("OUTCOME=Failed STEP=dump-0 ERROR=step dump-0 of Job %s/%s failed with exit status 3 ATTEMPT=1 RETRIES_LEFT=0")
    :format(namespace, job))
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 1, "dump-0: failed", "tell-1: skipped", HOOK .. ": done", "error[job-failed]: Job " .. namespace .. "/" .. job)
end)

-- { policy, how the first step ends, why there is none }
for i, row in ipairs { { "OnSuccess", 3, "only after a success" }, { "OnFailure", 0, "only after a failure" },
  { "OnFinalRetryFailure", 0, "only after the last failure" }, { "OnFailure", 3 }, { "OnSuccess", 0 }, { "OnFinalRetryFailure", 3 } } do
  case(("%s, exit status %d"):format(row[1], row[2]), function()
    local name = "policy-" .. i
    local job = job_of(name)
    local finish = begin(name, EXEC .. ", executionPolicy: " .. row[1])
    play_job(job, row[2])
    if not row[3] then play(pod_of(job .. "-after"), "Succeeded", { DONE }) end
    local said, code = finish()
    expect(said, code, row[2] == 0 and 0 or 1, row[3] and ("%s: skipped, %s"):format(HOOK, row[3]) or HOOK .. ": done")
    suite.equal(is_there(job .. "-after"), row[3] == nil)
  end)
end

case("each attempt has a hook of its own", function()
  local finish = begin("again", EXEC, "--retries 1 --retry-delay 1s --cleanup")
  local job = job_of "again"
  play_job(job, 3)
  local pod = pod_of(job .. "-after")
  suite.equal(told(pod):match "ATTEMPT.*", "ATTEMPT=1 RETRIES_LEFT=1")
  play(pod, "Failed", { terminated(4) })
  play_job(job .. "-retry-1", 0)
  pod = pod_of(job .. "-retry-1-after")
  suite.equal(told(pod), "OUTCOME=Succeeded ATTEMPT=2 RETRIES_LEFT=0")
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 0, "it is tried again", "a hook of Job", "is complete")
  suite.equal(kubectl(("-n %s get jobs -l moonstep/run=%s -o name"):format(namespace, job)), "")
end)

case("only after the last of several failures", function()
  local finish = begin("last", EXEC .. ", executionPolicy: OnFinalRetryFailure", "--retries 1 --retry-delay 1s")
  local job = job_of "last"
  play_job(job, 3)
  play_job(job .. "-retry-1", 5)
  local pod = pod_of(job .. "-retry-1-after")
  suite.equal(told(pod):match "ATTEMPT.*", "ATTEMPT=2 RETRIES_LEFT=0")
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 1, HOOK .. ": skipped, only after the last failure", HOOK .. ": done", "error[job-failed]")
  suite.equal(is_there(job .. "-after"), false)
end)

case("behind a Job that took too long", function()
  local finish = begin("late", EXEC, "--timeout 3s")
  local job = job_of "late"
  local pod = pod_of(job)
  play(pod, "Pending", { RUNS, WAITS })
  pod = pod_of(job .. "-after")
  suite.equal(told(pod), ("OUTCOME=Failed STEP=dump-0 ERROR=step dump-0 of Job %s/%s took longer than the 3 s that it may "
    .. "ATTEMPT=1 RETRIES_LEFT=0"):format(namespace, job))
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 1, HOOK .. ": done", "error[job-timeout]")
end)

case("a hook that fails makes a failure of the whole", function()
  local finish = begin("fails", EXEC)
  local job = job_of "fails"
  play_job(job, 0)
  play(pod_of(job .. "-after"), "Failed", { terminated(7) })
  local said, code = finish()
  expect(said, code, 1, HOOK .. ": failed", ("error[hook-failed]: a hook of Job %s/%s failed: step %s of Job %s/%s-after failed with exit "
    .. "status 7"):format(namespace, job, HOOK, namespace, job))
end)

case("a hook that fails beside a Job that does", function()
  local finish = begin("fails-too", EXEC)
  local job = job_of "fails-too"
  play_job(job, 3)
  play(pod_of(job .. "-after"), "Failed", { terminated(7) })
  local said, code = finish()
  expect(said, code, 1, "error[job-failed]", "warning[hook-failed]: a hook of Job")
end)

case("none behind a Job that did not begin", function()
  local finish = begin("never", EXEC, "--start-timeout 2s")
  local job = job_of "never"
  play(pod_of(job), "Pending", { { waiting = { reason = "ImagePullBackOff", message = "x" } }, WAITS })
  local said, code = finish()
  expect(said, code, 2, HOOK .. ": skipped, not started", "error[job-not-started]")
  suite.equal(is_there(job .. "-after"), false)
end)

case("the next run of that name has its own hook", function()
  local before = get(job_of "good" .. "-after", ".metadata.uid")
  local finish = begin("good", EXEC)
  local job = job_of "good"
  assert(stage.poll(function() return get(job, ".status.conditions") == "" end), "the Job is not made anew")
  play_job(job, 0)
  assert(stage.poll(function()
    local uid = kubectl(("-n %s get job %s-after --ignore-not-found -o 'jsonpath={.metadata.uid}'"):format(namespace, job))
    return uid ~= "" and uid ~= before
  end), "the hook is not made anew")
  play(pod_of(job .. "-after"), "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 0, HOOK .. ": done")
end)

-- Begins a run, and leaves its Job.
local function leave(name)
  os.execute(("(%s) >%s/%s.left 2>&1"):format(line_of(name, EXEC):gsub("&& (%S*moonstep) run", "&& timeout -s INT 3 %1 run"), folder, name))
  return shell.read(("%s/%s.left"):format(folder, name))
end

case("none behind an interrupt, but where the run is started again", function()
  local job = job_of "left"
  expect(leave "left", 0, 0, HOOK .. ": skipped, interrupted", "goes on; its hooks are not run unless this run is started again")
  local finish = begin("left", EXEC)
  stage.cluster.loop:sleep(500)
  play_job(job, 0)
  play(pod_of(job .. "-after"), "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 0, "is complete")
end)

case("a hook that the cluster refuses is told first", function()
  local job = job_of "refused"
  leave "refused"
  kubectl(("-n %s create quota none --hard=count/jobs.batch=1"):format(namespace))
  stage.cluster.loop:sleep(1500)
  local said, code = begin("refused", EXEC)()
  kubectl(("-n %s delete quota none"):format(namespace))
  expect(said, code, 2, "exceeded quota: none", ("in hooks of Job %s/%s"):format(namespace, job))
  suite.equal(get(job, ".status.active"), "1")
end)

case("a hook that cannot be made, or whose name is taken, is told before anything is applied", function()
  local said, code = begin("wrong", "exec: {command: [x]}, containerName: missing")()
  expect(said, code, 2, "hooks.postBackup.containerName: there is no step missing")
  kubectl(("-n %s create job %s-after --image=x -- true"):format(namespace, job_of "taken"))
  said, code = begin("taken", EXEC)()
  expect(said, code, 2, ("Job %s/%s-after is there already, and moonstep did not make it"):format(namespace, job_of "taken"))
  suite.equal({ is_there(job_of "wrong"), is_there(job_of "taken") }, { false, false })
end)

return stage.finish("hooks on a cluster", tests)
