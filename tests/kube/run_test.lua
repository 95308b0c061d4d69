-- `moonstep run`, `apply`, `logs` and `delete` against a server that answers as scripts say (scripted.c): how runs go on and end, and what
-- is left when something is in the way. tests/cluster asks a real one.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER, SERVER = ...
local scripted = dofile "tests/kube/scripted.lua"(FOLDER, SERVER)
local JOBS, PODS, script, items, event, has = scripted.JOBS, scripted.PODS, scripted.lines, scripted.items, scripted.event, scripted.has

shell.write(FOLDER .. "/task.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: i}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}, {name: f}]}
]])

-- --- what the server says

local function job(version, condition, labels)
  local conditions = condition and ('[{"type":"%s","status":"True","reason":"Because"}]'):format(condition) or "[]"
  return ('{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"t","namespace":"n","uid":"u1","resourceVersion":"%s","labels":%s},'
    .. '"spec":{"template":{"spec":{"initContainers":[{"name":"f-0","image":"i"}],"containers":[{"name":"f-1","image":"i"}]}}},'
    .. '"status":{"conditions":%s}}'):format(version, labels or '{"moonstep/run":"t"}', conditions)
end

local DONE, FAILED = '{"terminated":{"exitCode":0}}', '{"terminated":{"exitCode":3,"reason":"Error"}}'
local RUNS, WAITS = '{"running":{}}', '{"waiting":{"reason":"PodInitializing"}}'
local NO_IMAGE = '{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image i"}}'

local function pod(version, phase, first, second)
  return ('{"metadata":{"name":"t-x","namespace":"n","uid":"p1","resourceVersion":"%s","creationTimestamp":"2027-01-01T00:00:00Z"},'
    .. '"status":{"phase":"%s","initContainerStatuses":[{"name":"f-0","restartCount":0,"state":%s}],'
    .. '"containerStatuses":[{"name":"f-1","restartCount":0,"state":%s}]}}'):format(version, phase, first, second)
end

local KINDS = scripted.KINDS .. scripted.RIGHTS

-- There is no Job of that name, and it can be made.
local MADE = KINDS .. script("> GET " .. JOBS .. "/t", 404, scripted.status(404, "not found"), "> PATCH " .. JOBS .. "/t dryRun=All", 201,
  "| " .. job(1), "> PATCH " .. JOBS .. "/t !dryRun", 201, "| " .. job(1))

-- What the watches tell: of the Job, and of its Pod.
local function watched(of_job, of_pod)
  return script("> GET " .. JOBS .. " fieldSelector !watch", 200, items("Job", 1, job(1)), "> GET " .. JOBS .. " watch=true", 200, of_job,
    "> GET " .. PODS .. " controller-uid !watch", 200, items("Pod", 1), "> GET " .. PODS .. " controller-uid watch=true", 200, of_pod)
end

local function log(step, ...)
  local lines = {}
  for i, text in ipairs { ... } do lines[i] = ("| 2027-01-01T00:00:0%d.5Z %s"):format(i, text) end
  return script((">> GET %s/t-x/log container=%s"):format(PODS, step), 200, table.concat(lines, "\n"))
end

-- What the watches tell of a Job that ends, and a Pod that does.
local function ends(condition, phase, first, second)
  return watched(script("~ 300", event(job(2, condition)), "~ 3000"), script(event(pod(2, phase, first, second)), "~ 3000"))
end

-- --- running

local TASK = ("-f %s/task.yaml --task t"):format(FOLDER)
local function against(text, line) return scripted.against(text, line, TASK) end

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("to its end, with what steps print", function()
  local of_pod = script(event(pod(2, "Pending", RUNS, WAITS)), "~ 200", event(pod(3, "Running", DONE, RUNS)), "~ 200",
    event(pod(4, "Succeeded", DONE, DONE)), "~ 3000")
  local out, err, status, asked = against(MADE .. watched(script("~ 600", event(job(2, "Complete")), "~ 3000"), of_pod)
    .. log("f-0", "one", "two") .. log("f-1", "three"), "run @ --logs")
  suite.equal(status, 0, err)
  suite.equal(out, "[f-0] one\n[f-0] two\n[f-1] three\n")
  has(err, "f-0: running", "f-0: done", "f-1: done", "moonstep: Job n/t is complete: 2 steps")
  has(asked, '"moonstep/run":"t"', "fieldManager=moonstep")
end)

case("what Secrets of the given files hold is masked", function()
  shell.write(FOLDER .. "/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2-and-more}\n"
    .. "---\napiVersion: v1\nkind: Secret\nmetadata: {name: odd}\ndata: {password: '%'}\n")
  local out, err, status = against(MADE .. ends("Failed", "Failed", FAILED, WAITS) .. log("f-0", "it is hunter2-and-more"),
    ("run @ -f %s/secret.yaml --logs"):format(FOLDER))
  suite.equal(status, 1, err)
  suite.equal(out, "[f-0] it is ***\n", err)
end)

case("a log that cannot be written", function()
  local _, err, status = against(MADE .. ends("Complete", "Succeeded", DONE, DONE) .. log("f-0", "one", "two") .. log("f-1", "three"),
    "run @ --logs >/dev/full")
  suite.equal(status, 2, err)
  has(err, "error[unwritable]: what steps print cannot be written to standard output: No space left on device", "Job n/t is complete")
  suite.equal(select(2, err:gsub("No space", "")), 1, err)
end)

case("a step that fails, and those after it", function()
  local _, err, status = against(MADE .. ends("Failed", "Failed", FAILED, WAITS) .. log("f-0", "no such table"), "run @")
  suite.equal(status, 1, err)
  has(err, "f-0: failed", "exit status 3", "f-1: skipped", "f-0 said last:\n    no such table",
    "error[job-failed]: step f-0 of Job n/t failed with exit status 3\n",
    "`moonstep logs t -n n` shows what it said, `moonstep status t -n n` what the cluster says, `moonstep delete t -n n` removes it\n")
end)

-- --- a batch whose first member fails

shell.write(FOLDER .. "/batch.yaml", [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo}
spec: {backend: {s3: {bucket: b}, storageSecretName: s}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupBatch
metadata: {name: all}
spec:
  repository: {name: repo}
  members:
  - {task: {name: t}, target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: a}}}
  - {task: {name: t}, target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: b}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: s}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupBatch, name: all}}
]])

case("the session of a batch is told of the members that are not run, too", function()
  local API, NAME = "/apis/stash.appscode.com/v1beta1", "stash-backup-s-"
  local text = KINDS .. script(">> GET " .. API, 200, '| {"resources":[{"name":"backupsessions","kind":"BackupSession","namespaced":true},'
    .. '{"name":"backupbatches","kind":"BackupBatch","namespaced":true}]}',
    ">> GET " .. API .. "/namespaces/n/backupsessions/s", 200, '| {"kind":"BackupSession","metadata":{"name":"s","resourceVersion":"7"}}',
    ">> GET " .. API .. "/namespaces/n/backupbatches/all", 200, '| {"kind":"BackupBatch","spec":{"members":[{},{}]}}',
    ">> PATCH " .. API .. "/namespaces/n/backupsessions/s/status", 200, "| {}")
  for number = 0, 1 do
    text = text .. script((">> GET %s/%s%d"):format(JOBS, NAME, number), 404, scripted.status(404, "not found"),
      (">> PATCH %s/%s%d"):format(JOBS, NAME, number), 201, "| " .. job(1))
  end
  local _, err, status, asked = against(text .. ends("Failed", "Failed", FAILED, WAITS) .. log("f-0", "no such table"),
    ("run -n n -f %s/task.yaml -f %s/batch.yaml --option serviceAccountName="):format(FOLDER, FOLDER))
  suite.equal(status, 1, err)
  has(err, ("warning[job-skipped]: Job n/%s1 is not run, since the one before it did not come to its end"):format(NAME))
  has(asked, '"error":"step f-0 of Job n/t failed with exit status 3"',
    ('"error":"Job n/%s1 is not run, since the one before it did not come to its end"'):format(NAME))
end)

case("an image that cannot be pulled", function()
  local text = MADE .. watched("~ 6000", script(event(pod(2, "Pending", NO_IMAGE, WAITS)), "~ 6000"))
    .. script(">> GET /api/v1/namespaces/n/events", 200, '| {"kind":"EventList","items":[{"type":"Warning","reason":"Failed",'
    .. '"message":"it asks for a password","lastTimestamp":"2027-01-01T00:00:00Z","metadata":{}}]}')
  local _, err, status = against(text, "run @ --start-timeout 1s")
  suite.equal(status, 2, err)
  has(err, "f-0: waiting, ImagePullBackOff", "error[job-not-started]: Job n/t has not gone on for 1 s: step f-0: Back-off pulling image i",
    "(Failed: it asks for a password)", "(imagePullSecrets)?; `moonstep logs t -n n` follows it, `moonstep delete t -n n` ends it\n")
  _, err, status = against(text .. script("> DELETE " .. JOBS .. "/t", 200, "| {}"), "run @ --start-timeout 1s --cleanup")
  suite.equal(status, 2, err)
  has(err, "may the cluster pull it (imagePullSecrets)?\n")
end)

-- What an event of the Pod or the Job says, when nothing begins within a second.
local function expect_advice(of_pod, events, ...)
  local all = {}
  for i, each in ipairs(events) do
    all[i] = ('{"type":"%s","reason":"%s","message":"%s","lastTimestamp":"2027-01-01T00:00:0%dZ","metadata":{}}'):format(each[1], each[2],
      each[3], i)
  end
  local _, err, status = against(MADE .. watched("~ 6000", script(event(of_pod), "~ 6000")) .. script(
    ">> GET /api/v1/namespaces/n/events", 200, ('| {"kind":"EventList","items":[%s]}'):format(table.concat(all, ","))),
    "run @ --start-timeout 1s")
  suite.equal(status, 2, err)
  has(err, ...)
end

case("what is going on, where nothing is wrong yet", function()
  local waits = pod(2, "Pending", '{"waiting":{"reason":"ContainerCreating"}}', WAITS)
  expect_advice(waits, { { "Warning", "FailedScheduling", "no room" }, { "Normal", "Scheduled", "to node1" },
    { "Warning", "MissingClusterDNS", "no DNS" }, { "Normal", "Pulling", "Pulling image i" } },
    "has not gone on for 1 s: its Pod does not begin (Pulling: Pulling image i)")
  expect_advice(waits, { { "Warning", "FailedMount", "secret s not found" }, { "Normal", "Pulled", "it is there" } },
    "(FailedMount: secret s not found)", "a Secret, ConfigMap or claim of one of its volumes is not there")
end)

case("a claim that is missing, and limits that a quota wants", function()
  local nowhere = pod(2, "Pending", WAITS, WAITS):gsub('"initContainerStatuses.*$', '"conditions":[{"type":"PodScheduled","status":"False",'
    .. '"reason":"Unschedulable","message":"persistentvolumeclaim c not found"}]}}')
  expect_advice(nowhere, {}, "persistentvolumeclaim c not found", "a claim of the Pod is not there", "kubectl describe pvc")
  expect_advice(pod(2, "Pending", WAITS, WAITS), { { "Warning", "FailedCreate", "failed quota: q: must specify limits.memory" } },
    "must specify limits.memory", "runtimeSettings.resources")
end)

case("steps of a Pod that is evicted, and of the next", function()
  local evicted = pod(3, "Failed", RUNS, WAITS):gsub('"initContainerStatuses.*$', '"reason":"Evicted","message":"The node was full."}}')
  local next_pod = pod(4, "Succeeded", DONE, DONE):gsub("p1", "p2"):gsub("t%-x", "t-y")
  local _, err, status = against(MADE .. watched(script("~ 900", event(job(2, "Complete")), "~ 3000"), script(event(pod(2, "Running", RUNS,
    WAITS)), "~ 200", event(evicted), "~ 200", event(next_pod), "~ 3000")) .. log "f-0"
    .. script((">> GET %s/t-y/log"):format(PODS), 200), "run @")
  suite.equal(status, 0, err)
  has(err, "f-0: failed after", "Evicted", "Job n/t goes on in another Pod, where its steps begin anew", "f-0: done", "is complete")
end)

case("a server that is away for a while", function()
  local _, err, status = against(MADE .. watched(script("cut", "down 700"), script(event(pod(2, "Running", DONE, RUNS)), "~ 100", "cut"))
    .. script("> GET " .. JOBS .. " watch=true", 200, event(job(5, "Complete")), "~ 3000", "> GET " .. PODS .. " controller-uid watch=true",
    200, event(pod(5, "Succeeded", DONE, DONE)), "~ 3000") .. log("f-0") .. log("f-1"), "run @")
  suite.equal(status, 0, err)
  has(err, "it is tried again", "the cluster answers again", "Job n/t is complete")
end)

case("a time limit that the cluster forgets until the Job changes", function()
  local function limited(text) return (text:gsub('"spec":{"template"', '"spec":{"activeDeadlineSeconds":1,"template"')) end
  local over = job(2, "Failed"):gsub("Because", "DeadlineExceeded")
  local _, err, status, asked = against(limited(MADE .. watched(script("~ 6000", event(over), "~ 3000"),
    script(event(pod(2, "Running", RUNS, WAITS)), "~ 9000"))) .. script("> PATCH " .. JOBS .. "/t fieldManager=moonstep", 200,
    "| " .. job(2)) .. log("f-0"), "run @")
  suite.equal(status, 1, err)
  has(err, "error[job-timeout]: step f-0 of Job n/t took longer than the 1 s that it may")
  has(asked, '{"metadata":{"annotations":{"moonstep/overdue":"1"}}}')
end)

case("a status names the steps, and what the cluster warns of", function()
  local warning = '{"type":"Warning","reason":"BackOff","message":"Back-off pulling image i","involvedObject":{"uid":"p1"},'
    .. '"lastTimestamp":"2027-01-01T00:00:00Z","metadata":{"name":"e"}}'
  local text = script(">> GET " .. JOBS .. " moonstep", 200, items("Job", 1, job(2, "Failed")), "> GET " .. PODS .. " controller-uid", 200,
    items("Pod", 1, pod(2, "Failed", DONE, FAILED)), ">> GET /api/v1/namespaces/n/events", 200, items("Event", 1, warning))
  local out, err, status = against(text, "status t")
  suite.equal(status, 1, err)
  has(out, " failed ", "\n    f-0: done\n    f-1: failed, exit status 3\n    BackOff: Back-off pulling image i\n")
  out = against(text, "status t -o ndjson")
  has(out, [=["steps":[{"name":"f-0","code":0,"state":"done"},{"name":"f-1","code":3,"state":"failed"}]]=])
end)

case("a Job that somebody deletes", function()
  local gone = event(job(2)):gsub("MODIFIED", "DELETED")
  local _, err, status, asked = against(MADE .. watched(script("~ 200", gone, "~ 3000"), "~ 3000"), "run @ --retries 2 --retry-delay 1s")
  suite.equal(status, 1, err)
  has(err, "Job n/t was deleted before its end")
  suite.equal(asked:find("t-retry", 1, true), nil, asked)
end)

case("what steps print may not be read", function()
  local refusal = scripted.status(403, 'pods \\"t-x\\" is forbidden: User \\"eve\\" cannot get resource \\"pods/log\\"')
  local _, err, status = against(MADE .. ends("Complete", "Succeeded", DONE, DONE)
    .. script(">> GET " .. PODS .. "/t-x/log", 403, refusal), "run @")
  suite.equal(status, 0, err)
  has(err, "what steps print cannot be shown", 'cannot get resource "pods/log"')
  suite.equal(select(2, err:gsub("cannot be shown", "")), 1, err)
end)

case("Pods that may not be watched", function()
  local refusal = scripted.status(403, 'pods is forbidden: User \\"eve\\" cannot watch resource \\"pods\\"')
  local _, err, status, asked = against(scripted.KINDS
    .. script("> GET " .. PODS .. " moonstep%2Frun%3Dnone watch=true", 403, refusal) .. scripted.RIGHTS, "run @")
  suite.equal(status, 2, err)
  has(err, '403 Forbidden: pods is forbidden: User "eve" cannot watch resource "pods"', "give the user a role that allows it")
  suite.equal(asked:find("PATCH", 1, true), nil)
end)

case("an end that events may not tell of", function()
  local refusal = scripted.status(403, 'events is forbidden: User \\"eve\\" cannot list resource \\"events\\"')
  local _, err, status = against(MADE .. watched("~ 6000", "~ 6000") .. script(">> GET /api/v1/namespaces/n/events", 403, refusal),
    "run @ --start-timeout 1s")
  suite.equal(status, 2, err)
  has(err, "it has no Pod (what the cluster says about it cannot be read: ", "cannot list resource", "`moonstep delete t -n n` ends it")
end)

case("something else than an API server", function()
  for _, row in ipairs { { 200, "| <html>log in</html>", "the answer is no JSON object" },
    { 302, "| moved", "it answered 302: moved, which is not what an API server says" } } do
    local _, err, status = against(script(">> GET " .. JOBS, row[1], row[2]), "run @")
    suite.equal(status, 2, err)
    has(err, "GET http://127.0.0.1:", "/apis/batch/v1/namespaces/n/jobs: " .. row[3], "is `server` in the kubeconfig that of a cluster?")
  end
end)

case("a name that is taken", function()
  local _, err, status, asked = against(KINDS .. script("> GET " .. JOBS .. "/t", 200, "| " .. job(1, nil, "{}")), "run @")
  suite.equal(status, 2, err)
  has(err, "Job n/t is there already, and moonstep did not make it", "give what is rendered another name")
  suite.equal(asked:find("PATCH", 1, true), nil)
end)

case("a Job that has ended makes room", function()
  local _, err, status, asked = against(KINDS .. script("> GET " .. JOBS .. "/t", 200, "| " .. job(1, "Complete"),
    "> DELETE " .. JOBS .. "/t", 200, '| {"kind":"Status"}', "> PATCH " .. JOBS .. "/t-check dryRun=All", 201, "| " .. job(1),
    "> DELETE " .. JOBS .. "/t", 200, '| {"kind":"Status"}',
    "> GET " .. JOBS .. "/t", 404, scripted.status(404, "gone"), "> PATCH " .. JOBS .. "/t !dryRun", 201, "| " .. job(1)), "run @ --detach")
  suite.equal(status, 0, err)
  has(err, "Job n/t is replaced in context c", "`moonstep logs t -n n` follows it, `moonstep delete t -n n` ends it")
  has(asked, '"uid":"u1"')
  suite.equal(select(2, asked:gsub('"dryRun":%["All"%]', "")), 1, asked)
end)

case("a Job that has not ended and is to be another", function()
  local fixed = scripted.status(422, 'Job.batch \\"t\\" is invalid: spec.template: Invalid value: x: field is immutable')
  local _, err, status = against(KINDS .. script("> GET " .. JOBS .. "/t", 200, "| " .. job(1), "> PATCH " .. JOBS .. "/t dryRun=All", 422,
    fixed), "run @")
  suite.equal(status, 2, err)
  has(err, "field is immutable", "cannot be changed: wait until it has ended, or end it with `moonstep delete t -n n`")
end)

case("a Job that may not be deleted, before anything is applied", function()
  local refusal = scripted.status(403, 'jobs.batch \\"t\\" is forbidden: User \\"eve\\" cannot delete resource \\"jobs\\"')
  local no = script("> DELETE " .. JOBS .. "/t", 403, refusal)
  for _, row in ipairs { { KINDS .. script("> GET " .. JOBS .. "/t", 200, "| " .. job(1, "Complete")) .. no, "run @" },
    { MADE .. no, "run @ --cleanup" } } do
    local _, err, status, asked = against(row[1], row[2])
    suite.equal(status, 2, err)
    has(err, 'User "eve" cannot delete resource "jobs"', "give the user a role that allows it")
    has(asked, '"dryRun":["All"]')
    for line in asked:gmatch "PATCH [^\n]*" do has(line, "dryRun=All") end
  end
end)

shell.write(FOLDER .. "/both.lua", [[
template "both" { summary = "s", render = function(ctx)
  local pod = ctx:pod { containers = ctx:containers(), restartPolicy = "Never" }
  local config = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "first" }, data = { a = "b" } }
  return { k8s.job { metadata = ctx:metadata(), spec = { template = { spec = pod } } }, config }
end }
]])

case("a namespace that is not there is told before what would be in it", function()
  shell.write(FOLDER .. "/account.lua", [[
template "account" { summary = "s", render = function(ctx)
  local pod = { containers = ctx:containers(), restartPolicy = "Never", serviceAccountName = "absent" }
  return k8s.job { metadata = ctx:metadata(), spec = { template = { spec = pod } } }
end }
]])
  local absent = scripted.status(404, 'namespaces \\"n\\" not found')
  local _, err, status = against(KINDS .. script("> GET " .. JOBS .. "/t", 404, absent, "> PATCH " .. JOBS .. "/t dryRun=All", 404, absent),
    ("run @ --script %s/account.lua --template account"):format(FOLDER))
  suite.equal(status, 2, err)
  has(err, 'namespaces "n" not found', "kubectl create namespace n")
  suite.equal(err:find("ServiceAccount", 1, true), nil, err)
end)

-- A ConfigMap beside the Job, which is applied before it.
local BOTH = ("apply @ --script %s/both.lua --template both"):format(FOLDER)
local CONFIG = "/api/v1/namespaces/n/configmaps/first"
local CONFIGS = script(">> GET /api/v1", 200, '| {"resources":[{"name":"configmaps","kind":"ConfigMap","namespaced":true}]}')
local FIRST = '| {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"first","namespace":"n"}}'

case("what was applied before something failed", function()
  local _, err, status = against(MADE:gsub("> PATCH %S+ !dryRun.*", "") .. CONFIGS .. script("> GET " .. CONFIG, 404,
    scripted.status(404, "not found"), "> PATCH " .. CONFIG .. " dryRun=All", 201, FIRST, "> PATCH " .. CONFIG .. " !dryRun", 201, FIRST,
    "> PATCH " .. JOBS .. "/t !dryRun", 403, scripted.status(403, "exceeded quota: small")), BOTH)
  suite.equal(status, 2, err)
  has(err, "exceeded quota: small", "have the quota raised", "in Job n/t; applied before it: ConfigMap n/first")
end)

case("all that is in the way is told, and nothing is applied", function()
  local _, err, status, asked = against(KINDS .. CONFIGS .. script("> GET " .. CONFIG, 200, FIRST, "> GET " .. JOBS .. "/t", 404,
    scripted.status(404, "not found"), "> PATCH " .. JOBS .. "/t dryRun=All", 403, scripted.status(403, "exceeded quota: small")), BOTH)
  suite.equal(status, 2, err)
  has(err, "ConfigMap n/first is there already, and moonstep did not make it", "exceeded quota: small")
  suite.equal(select(2, asked:gsub("PATCH", "")), 1, asked)
end)

case("a wrong name for logs", function()
  local list = items("Job", 1, job(1))
  local _, err, status = against(script(">> GET " .. JOBS .. " moonstep%2Frun%3Dtt", 200, items("Job", 1), ">> GET " .. JOBS, 200, list),
    "logs tt")
  suite.equal(status, 2, err)
  has(err, "moonstep has made no Job tt in namespace n", "did you mean t?")
end)

case("a namespace without Jobs", function()
  local _, err, status = against(script(">> GET " .. JOBS, 200, items("Job", 1)), "status")
  suite.equal(status, 0, err)
  has(err, "moonstep has made no Job in namespace n; -A lists those of all")
end)

case("the status of a Job whose Pod does not begin", function()
  local name = "a-name-that-is-longer-than-forty-characters-are"
  local long = job(1):gsub('"name":"t"', ('"name":"%s"'):format(name))
  local mount = '{"type":"Warning","reason":"FailedMount","message":"secret s not found","metadata":{}}'
  local out, err, status = against(script(">> GET " .. JOBS, 200, items("Job", 1, job(1) .. "," .. long), ">> GET " .. PODS, 200,
    items("Pod", 1, pod(1, "Pending", WAITS, WAITS)), ">> GET /api/v1/namespaces/n/events uid%3Dp1", 200, items("Event", 1, mount),
    ">> GET /api/v1/namespaces/n/events", 200, items("Event", 1)), "status t")
  suite.equal(status, 0, err)
  has(out, "\nn            t" .. (" "):rep(#name) .. "running", ("\nn            %s running"):format(name),
    "\n    FailedMount: secret s not found\n")
end)

case("what kubectl keeps of a Secret is not shown", function()
  shell.write(FOLDER .. "/secret.lua", [[
template "secret" { summary = "s", render = function()
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "s" }, stringData = { a = "new-value" } }
end }
]])
  local function secret(value)
    return ('| {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"n","labels":{"moonstep/run":"s"},"annotations":{'
      .. '"kubectl.kubernetes.io/last-applied-configuration":"{a: old-value}"}},"data":{"a":"%s"}}'):format(value)
  end
  local PATH = "/api/v1/namespaces/n/secrets/s"
  local out, err, status = against(script(">> GET /api/v1", 200, '| {"resources":[{"name":"secrets","kind":"Secret","namespaced":true}]}',
    "> GET " .. PATH, 200, secret "b2xk", "> PATCH " .. PATH .. " dryRun=All", 200, secret "bmV3"),
    ("diff @ --script %s/secret.lua --template secret"):format(FOLDER))
  suite.equal(status, 1, err)
  has(out, '-  a: "*** (before)"', '+  a: "*** (after)"', 'last-applied-configuration: "***"')
  suite.equal(out:find("old-value", 1, true), nil, out)
end)

case("claims stay where nobody says otherwise", function()
  local CLAIMS = "/api/v1/namespaces/n/persistentvolumeclaims"
  local claim = '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"n","uid":"c1"}}'
  local text = script(">> GET /apis/batch/v1", 200, '| {"resources":[{"name":"jobs","kind":"Job","namespaced":true}]}',
    ">> GET /api/v1", 200, '| {"resources":[{"name":"persistentvolumeclaims","kind":"PersistentVolumeClaim","namespaced":true}]}',
    ">> GET " .. JOBS .. " moonstep%2Frun%3Dt", 200, items("Job", 1, job(1)),
    ">> GET " .. CLAIMS .. " moonstep", 200, items("PersistentVolumeClaim", 1, claim),
    "> DELETE " .. JOBS .. "/t", 200, '| {"kind":"Status"}', "> DELETE " .. CLAIMS .. "/data", 200, '| {"kind":"Status"}')
  for _, list in ipairs { "apis/batch/v1 cronjobs", "apis/batch/v1beta1 cronjobs", "api/v1 configmaps", "api/v1 secrets",
    "api/v1 serviceaccounts", "apis/rbac.authorization.k8s.io/v1 roles", "apis/rbac.authorization.k8s.io/v1 rolebindings" } do
    text = text .. script(">> GET /" .. list:gsub(" ", "/namespaces/n/"), 404, "| not found")
  end
  local out, err, status, asked = against(text, "delete t")
  suite.equal(status, 0, err)
  has(out, "Job n/t is deleted", "PersistentVolumeClaim n/data stays: it holds data (--claims deletes it)")
  suite.equal(asked:find("DELETE " .. CLAIMS, 1, true), nil)
  has(against(text, "delete t --claims"), "PersistentVolumeClaim n/data is deleted")
end)

case("options that do not go together", function()
  for _, row in ipairs {
    { "run @ --detach --logs", "with --detach nobody waits" }, { "run @ --network host", "--network is for runs on this machine" },
    { "run @ --local --cleanup", "--cleanup is for runs on a cluster" }, { "run @ --start-timeout soon", "--start-timeout takes a time" },
    { "run @ --cluster --context c", "exclude each other" }, { "logs", "logs takes the name of a Job" },
    { "delete a,b", "a,b is no name of a Job" }, { "delete ''", "the name of the Job is empty" },
    { "run @ -n a/b", '--namespace takes a name of lower case letters, digits and dashes, not "a/b"' },
    { "status -n Shop", '--namespace takes a name of lower case letters, digits and dashes, not "Shop"' },
  } do
    local _, err, status = against("", row[1])
    suite.equal(status, 2, err)
    has(err, row[2])
  end
end)

return scripted.finish("runs on a cluster that is none", tests)
