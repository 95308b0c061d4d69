-- Hooks behind the end of a Job, by `moonstep run` on the cluster of KUBECONFIG, which may be a control plane alone (stage.lua).
local base64 = require "base.base64"
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
  expect(said, code, 1, "dump-0: failed", "tell-1: skipped", HOOK .. ": done",
    ("error[job-failed]: step dump-0 of Job %s/%s failed with exit status 3"):format(namespace, job))
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

case("none behind a Job that somebody deletes", function()
  local finish = begin("gone", EXEC)
  pod_of(job_of "gone")
  kubectl(("-n %s delete job %s"):format(namespace, job_of "gone"))
  local said, code = finish()
  expect(said, code, 1, HOOK .. ": skipped, the Job was deleted", "was deleted before its end")
  suite.equal(is_there(job_of "gone" .. "-after"), false)
end)

case("a hook that does not begin", function()
  local finish = begin("stuck", EXEC, "--start-timeout 3s")
  local job = job_of "stuck"
  play_job(job, 0)
  play(pod_of(job .. "-after"), "Pending", { { waiting = { reason = "ImagePullBackOff", message = "Back-off pulling image" } } })
  local said, code = finish()
  expect(said, code, 1, ("error[hook-failed]: a hook of Job %s/%s failed: Job %s/%s-after has not gone on for 3 s"):format(namespace, job,
    namespace, job), "Back-off pulling image")
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
  os.execute(("(%s) >%s/%s.left 2>&1"):format(line_of(name, EXEC):gsub("&& (%S+) run", "&& timeout -s INT 6 %1 run"), folder, name))
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
  expect(said, code, 2, "exceeded quota: none", ("in what runs behind the end of Job %s/%s"):format(namespace, job))
  suite.equal(get(job, ".status.active"), "1")
end)

case("a hook before the steps is one of them", function()
  local name = "before"
  line_of(name, "executionPolicy: Always")
  local path = ("%s/%s.yaml"):format(folder, name)
  shell.write(path, (shell.read(path):gsub("postBackup: {executionPolicy: Always}", "preBackup: {exec: {command: [freeze]}}")))
  local finish = stage.begin(name, nil, ("cd %s && %s run -f %s.yaml -n %s"):format(folder, shell.moonstep, name, namespace))
  local pod = pod_of(job_of(name))
  local first = pod.spec.initContainers[1]
  suite.equal({ first.name, first.image, first.command }, { "pre-task-hook", "nowhere.example/dump:1", { "freeze" } })
  play(pod, "Failed", { terminated(2), WAITS, WAITS })
  local said, code = finish()
  expect(said, code, 1, "pre-task-hook: failed", "dump-0: skipped", "tell-1: skipped", "error[job-failed]")
end)

case("a hook that cannot be made, or whose name is taken, is told before anything is applied", function()
  local said, code = begin("wrong", "exec: {command: [x]}, containerName: missing")()
  expect(said, code, 2, "hooks.postBackup.containerName: there is no step missing")
  kubectl(("-n %s create job %s-after --image=x -- true"):format(namespace, job_of "taken"))
  said, code = begin("taken", EXEC)()
  expect(said, code, 2, ("Job %s/%s-after is there already, and moonstep did not make it"):format(namespace, job_of "taken"))
  suite.equal({ is_there(job_of "wrong"), is_there(job_of "taken") }, { false, false })
end)

-- --- hooks of a batch as a whole

local BATCH = [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBatch
metadata: {name: all}
spec:
  repository: {name: repo}
  members:
  - {task: {name: nightly}, target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: a}}}
  - {task: {name: nightly}, target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: b}}}
  hooks:
    preBackup: {exec: {command: [freeze]}}
    postBackup: {exec: {command: [thaw, "{{ .Status.Phase }}"]}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: NAME}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupBatch, name: all}}
]]

local function begin_batch(name)
  local text = FILES:match "^.-\n%-%-%-\napiVersion: stash.appscode.com/v1beta1\nkind: BackupConfiguration"
  text = text:gsub("apiVersion: stash.appscode.com/v1beta1\nkind: BackupConfiguration$", "") .. BATCH:gsub("NAME", name)
  shell.write(("%s/%s.yaml"):format(folder, name), text)
  return stage.begin(name, nil, ("cd %s && %s run -f %s.yaml -n %s --option serviceAccountName=default"):format(folder, shell.moonstep,
    name, namespace)), ("stash-backup-%s-0"):format(name), ("stash-backup-%s-1"):format(name)
end

case("the hooks of a batch: before its first Job, and behind its last", function()
  local finish, first, second = begin_batch "whole"
  local pod = pod_of(first)
  suite.equal(pod.spec.initContainers[1].command, { "freeze" })
  play(pod, "Succeeded", { DONE, DONE, DONE })
  suite.equal(pod_of(second).spec.initContainers[1].name, "dump-0")
  play_job(second, 0)
  pod = pod_of(second .. "-batch-after")
  suite.equal({ pod.spec.containers[1].command, told(pod) }, { { "thaw", "Succeeded" }, "OUTCOME=Succeeded ATTEMPT=1 RETRIES_LEFT=0" })
  suite.equal(get(second .. "-batch-after", ".metadata.ownerReferences[*].uid"), get(second, ".metadata.uid"))
  play(pod, "Succeeded", { DONE })
  local said, code = finish()
  expect(said, code, 0, "pre-batch-hook: done", "post-batch-hook: done",
    ("the hook of BackupBatch %s/all is complete: 1 step"):format(namespace))
end)

case("the hook of a batch behind a member that failed, and one that fails itself", function()
  local finish, first, second = begin_batch "half"
  play(pod_of(first), "Failed", { DONE, terminated(3), WAITS })
  local pod = pod_of(first .. "-batch-after")
  suite.equal(told(pod), ("OUTCOME=Failed STEP=dump-0 ERROR=step dump-0 of Job %s/%s failed with exit status 3 ATTEMPT=1 RETRIES_LEFT=0")
    :format(namespace, first))
  play(pod, "Failed", { terminated(7) })
  local said, code = finish()
  expect(said, code, 1, "error[job-failed]", ("warning[hook-failed]: a hook of BackupBatch %s/all failed: step post-batch-hook of Job "
    .. "%s/%s-batch-after failed with exit status 7"):format(namespace, namespace, first), "is not run, since the one before it")
  suite.equal(is_there(second), false)
end)

case("none behind a batch whose first hook fails", function()
  local finish, first = begin_batch "frozen"
  play(pod_of(first), "Failed", { terminated(2), WAITS, WAITS })
  local said, code = finish()
  expect(said, code, 1, "pre-batch-hook: failed", "post-batch-hook: skipped, not behind a failure of the hook before the batch")
  suite.equal(is_there(first .. "-batch-after"), false)
end)

-- --- hooks of Jobs that nobody follows

-- What the follower's Pod does, here: the cluster may have no node.
local function follow(job)
  local encoded = kubectl(("-n %s get secret %s-follower -o 'jsonpath={.data.errand\\.json}'"):format(namespace, job))
  shell.write(folder .. "/hooks.json", base64.decode(encoded))
  local out, err, code = shell.run(("%s after-end --errand %s/hooks.json"):format(shell.moonstep, folder))
  suite.equal(out, "")
  return err, code
end

local function account_of(job) return ("system:serviceaccount:%s:%s-follower"):format(namespace, job) end

local function may(job, line)
  return (shell.run(("kubectl -n %s auth can-i %s --as=%s"):format(namespace, line, account_of(job)))):match "%w+"
end

case("a follower makes the hook where nobody waits for it", function()
  local job = job_of "detached"
  local said, code = begin("detached", EXEC, "--detach")()
  expect(said, code, 0, "-follower sees to what comes behind its end")
  local names = kubectl(("-n %s get secret,serviceaccount,role,rolebinding,job -l moonstep/part=follower,moonstep/run=%s -o "
    .. "'jsonpath={.items[*].metadata.name}'"):format(namespace, job))
  suite.equal(names, (("%s-follower "):format(job):rep(5):gsub(" $", "")))
  local pod = pod_of(job .. "-follower")
  suite.equal({ pod.spec.containers[1].image, pod.spec.serviceAccountName }, { "nowhere.example/moonstep:1", job .. "-follower" })
  play_job(job, 3)
  said, code = follow(job)
  expect(said, code, 0, ("step dump-0 of Job %s/%s failed with exit status 3"):format(namespace, job),
    ("Job %s/%s-after is there for its hooks"):format(namespace, job))
  suite.equal(told(pod_of(job .. "-after")), ("OUTCOME=Failed STEP=dump-0 ERROR=step dump-0 of Job %s/%s failed with exit status 3 "
    .. "ATTEMPT=1 RETRIES_LEFT=0"):format(namespace, job))
end)

case("it may be started again, and makes nothing twice", function()
  local job = job_of "detached"
  local before = get(job .. "-after", ".metadata.uid")
  local said, code = follow(job)
  expect(said, code, 0, ("Job %s/%s-after is there for its hooks"):format(namespace, job))
  suite.equal(get(job .. "-after", ".metadata.uid"), before)
end)

case("it may do what it has to, and not more", function()
  local job = job_of "detached"
  for _, row in ipairs { { "get jobs/" .. job, "yes" }, { "get jobs/" .. job .. "-after", "yes" }, { "create jobs", "yes" },
    { "list pods", "yes" }, { "get jobs/" .. job_of "good", "no" }, { "list jobs", "no" }, { "delete jobs/" .. job, "no" },
    { "get secrets", "no" }, { "create pods", "no" }, { "get pods --subresource=log", "no" } } do
    suite.equal({ row[1], may(job, row[1]) }, row)
  end
end)

case("its logs, its status and its end", function()
  local job = job_of "detached"
  play(stage.pod_of(job .. "-after"), "Succeeded", { DONE })
  local said, code = stage.other("logs " .. job)
  expect(said, code, 1, "dump-0: failed", ("Job %s/%s-after is complete"):format(namespace, job))
  said, code = stage.other("status " .. job)
  expect(said, code, 1, job .. "-after", job .. "-follower")
  said, code = stage.other("delete " .. job)
  expect(said, code, 0, ("Job %s/%s is deleted"):format(namespace, job), job .. "-follower")
  suite.equal(stage.poll(function()
    return kubectl(("-n %s get secret,serviceaccount,role,rolebinding,job -l moonstep/run=%s -o name"):format(namespace, job)) == ""
  end), true)
end)

case("a Job that is deleted takes its follower along, which has nothing to do", function()
  local job = job_of "deleted"
  begin("deleted", EXEC, "--detach")()
  local encoded = kubectl(("-n %s get secret %s-follower -o 'jsonpath={.data.errand\\.json}'"):format(namespace, job))
  shell.write(folder .. "/deleted.json", base64.decode(encoded))
  kubectl(("-n %s delete job %s"):format(namespace, job))
  local _, err, code = shell.run(("%s after-end --errand %s/deleted.json"):format(shell.moonstep, folder))
  expect(err, code, 0, ("Job %s/%s was deleted before its end"):format(namespace, job))
  suite.equal(stage.poll(function() return not is_there(job .. "-follower") end), true)
end)

case("no follower for a Job without hooks, or by the policy none", function()
  local said, code = begin("plain", "executionPolicy: Always", "--detach")()
  expect(said, code, 0, "is created in context")
  suite.equal(is_there(job_of "plain" .. "-follower"), false)
  begin("unwanted", EXEC .. ", executionPolicy: OnFailure", "--detach")()
  play_job(job_of "unwanted", 0)
  said, code = follow(job_of "unwanted")
  expect(said, code, 0, "is complete", "its hooks are not run: they are only after a failure")
  suite.equal(is_there(job_of "unwanted" .. "-after"), false)
end)

local RUNNER = [[
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: runner}
rules:
- {apiGroups: [batch], resources: [jobs], verbs: [get, list, watch, create, patch]}
- {apiGroups: [""], resources: [pods, secrets, serviceaccounts], verbs: [get, list, watch, create]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get]}
]]

case("who may make Jobs and no roles is told before anything is applied", function()
  kubectl(("-n %s create -f -"):format(namespace), RUNNER)
  kubectl(("-n %s create rolebinding runner --role=runner --serviceaccount=%s:runner"):format(namespace, namespace))
  local config = kubectl "config view --raw --minify -o json"
  shell.write(folder .. "/runner", (config:gsub('"user": {', ('"user": {"as": "system:serviceaccount:%s:runner", '):format(namespace), 1)))
  local said, code = begin("barred", EXEC, ("--detach --kubeconfig %s/runner"):format(folder))()
  expect(said, code, 2, 'cannot create resource "roles"', "in what runs behind the end of Job")
  suite.equal(is_there(job_of "barred"), false)
end)

case("what it reads must be what run wrote", function()
  for text, words in pairs { ["{}"] = "is not what `moonstep run --detach` writes down", ["x"] = "is not what `moonstep run --detach`" } do
    shell.write(folder .. "/odd.json", text)
    local _, err, code = shell.run(("%s after-end --errand %s/odd.json"):format(shell.moonstep, folder))
    expect(err, code, 2, words)
  end
  local _, err, code = shell.run(shell.moonstep .. " after-end")
  expect(err, code, 2, "after-end needs --errand FILE")
end)

return stage.finish("hooks on a cluster", tests)
