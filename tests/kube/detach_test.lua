-- What is left to a follower by `moonstep run --detach`, and what `moonstep after-end` does then, against a server that answers as scripts
-- say (scripted.c). tests/cluster/hooks.lua and follower.lua ask a real one.
local json = require "kube.json"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER, SERVER = ...
local scripted = dofile "tests/kube/scripted.lua"(FOLDER, SERVER)
local JOBS, PODS, script, items, event, has = scripted.JOBS, scripted.PODS, scripted.lines, scripted.items, scripted.event, scripted.has

local SESSIONS = "/apis/stash.appscode.com/v1beta1/namespaces/n/backupsessions"

-- --- what the server says

local DONE, FAILED = '{"terminated":{"exitCode":0}}', '{"terminated":{"exitCode":3,"reason":"Error"}}'
local WAITS = '{"waiting":{"reason":"PodInitializing"}}'

-- A Job of such a name, which belongs to the one with the uid u-t.
local function job(name, condition)
  local conditions = condition and ('[{"type":"%s","status":"True","lastTransitionTime":"2027-01-01T00:00:00Z"}]'):format(condition) or "[]"
  return ('{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"%s","namespace":"n","uid":"u-%s","resourceVersion":"%d",'
    .. '"labels":{"moonstep/run":"t"},"ownerReferences":[{"kind":"Job","name":"t","uid":"%s"}]},"spec":{"template":{"spec":'
    .. '{"initContainers":[{"name":"f-0","image":"i"}],"containers":[{"name":"f-1","image":"i"}]}}},"status":{"conditions":%s}}'):format(
    name, name, condition and 9 or 1, name == "t" and "u-s" or "u-t", conditions)
end

local function pod(name, first, second)
  return ('{"metadata":{"name":"%s-x","namespace":"n","uid":"p-%s","resourceVersion":"5","creationTimestamp":"2027-01-01T00:00:00Z"},'
    .. '"status":{"phase":"%s","initContainerStatuses":[{"name":"f-0","restartCount":0,"state":%s}],"containerStatuses":[{"name":"f-1",'
    .. '"restartCount":0,"state":%s}]}}'):format(name, name, second == DONE and "Succeeded" or "Failed", first, second)
end

-- What is told of a Job that ends so, at once.
local function ends(name, condition, first, second)
  local other = name == "t" and "!retry" or ""
  local its_job = ("metadata.name%%3D%s %s"):format(name, other)
  local its_pods = ("controller-uid%%3Du-%s %s"):format(name, other)
  return script((">> GET %s %s !watch"):format(JOBS, its_job), 200, items("Job", 1, job(name)),
    (">> GET %s %s watch=true"):format(JOBS, its_job), 200, event(job(name, condition)), "~ 3000",
    (">> GET %s %s !watch"):format(PODS, its_pods), 200, items("Pod", 1, pod(name, first, second)),
    (">> GET %s %s watch=true"):format(PODS, its_pods), 200, "~ 3000")
end

local function fails(name) return ends(name, "Failed", FAILED, WAITS) end
local function succeeds(name) return ends(name, "Complete", DONE, DONE) end

local function not_found(path) return script(">> GET " .. path, 404, scripted.status(404, "not found")) end

local FOLLOWER = JOBS .. "/t-follower"
local function follower(attempt)
  local about = attempt and (',"annotations":{"moonstep/attempt":"%d"}'):format(attempt) or ""
  return script((">> GET %s"):format(FOLLOWER), 200, ('| {"kind":"Job","metadata":{"name":"t-follower"%s}}'):format(about),
    ">> PATCH " .. FOLLOWER, 200, "| {}")
end

local KINDS = scripted.KINDS .. script(">> GET /apis/stash.appscode.com/v1beta1", 200,
  '| {"resources":[{"name":"backupsessions","kind":"BackupSession","namespaced":true}]}')

local SESSION = script(">> GET " .. SESSIONS .. "/s", 200, '| {"kind":"BackupSession","metadata":{"name":"s","resourceVersion":"7"}}',
  "> PATCH " .. SESSIONS .. "/s/status", 200, "| {}")

-- --- what is asked

-- Returns what was said, the status, and what the server was asked.
local function against(text, line)
  local out, err, status, asked = scripted.against(text, line, FOLDER)
  return out .. err, status, asked
end

local ABOUT = { direction = "backup", namespace = "n", session = { kind = "BackupSession", name = "s" }, hostname = "host-0",
  invoker = { kind = "BackupConfiguration", name = "nightly" },
  target = { kind = "PersistentVolumeClaim", name = "data", namespace = "n" } }

-- Runs `after-end` of the Job t, with such an errand.
local function after_end(text, errand)
  errand.uid, errand.job, errand.delay = "u-t", errand.job or json.decode(job "t"), errand.delay or 0
  shell.write(FOLDER .. "/errand.json", json.encode(errand))
  return against(KINDS .. text, "after-end --errand @/errand.json")
end

-- How often the server was asked such a thing.
local function number_of(asked, request) return select(2, asked:gsub(request:gsub("%W", "%%%0"), "")) end

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

-- --- after the end

local RETRY = JOBS .. "/t-retry-1"
local function made(name) return script("> POST " .. JOBS .. " fieldManager=moonstep", 201, "| " .. job(name)) end

case("it is tried again, which is written down", function()
  local said, status, asked = after_end(fails "t" .. not_found(RETRY) .. follower() .. made "t-retry-1" .. succeeds "t-retry-1",
    { retries = 2 })
  suite.equal(status, 0, said)
  has(said, "step f-0 of Job n/t failed with exit status 3", "it is tried again as Job n/t-retry-1, 0 s from now",
    "Job n/t-retry-1 is complete")
  has(asked, '"name":"t-retry-1"', '"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"t","uid":"u-t"}]',
    '{"metadata":{"annotations":{"moonstep/attempt":"2"}}}')
  suite.equal(asked:find('"uid":"u-t","labels"', 1, true), nil, asked)
  suite.equal(number_of(asked, "POST"), 1, asked)
end)

case("as often as it may be, and then the session is told", function()
  local said, status, asked = after_end(fails "t" .. not_found(RETRY) .. not_found(JOBS .. "/t-retry-2") .. follower() .. made "t-retry-1"
    .. fails "t-retry-1" .. made "t-retry-2" .. fails "t-retry-2" .. SESSION, { retries = 2, session = ABOUT })
  suite.equal(status, 0, said)
  has(said, "it is tried again as Job n/t-retry-2", "step f-0 of Job n/t-retry-2 failed with exit status 3",
    "BackupSession n/s is told of it")
  has(asked, '"error":"step f-0 of Job n/t-retry-2 failed with exit status 3"', '"phase":"Failed"')
  suite.equal(number_of(asked, "POST"), 2, asked)
  suite.equal(number_of(asked, "PATCH " .. SESSIONS), 1, asked)
end)

case("another Pod goes on where one was lost, and no attempt is made twice", function()
  local said, status, asked = after_end(fails "t" .. script(">> GET " .. RETRY, 200, "| " .. job "t-retry-1") .. follower(2)
    .. fails "t-retry-1", { retries = 1 })
  suite.equal(status, 0, said)
  has(said, "step f-0 of Job n/t-retry-1 failed with exit status 3")
  suite.equal(number_of(asked, "POST"), 0, asked)
end)

case("an attempt that somebody deleted does not come back", function()
  local said, status, asked = after_end(fails "t" .. not_found(RETRY) .. follower(2) .. SESSION, { retries = 3, session = ABOUT })
  suite.equal(status, 0, said)
  has(said, "Job n/t-retry-1 was deleted before its end", "BackupSession n/s is told of it")
  has(asked, '"error":"Job n/t-retry-1 was deleted before its end"')
  suite.equal(number_of(asked, "POST"), 0, asked)
end)

case("what took too long is not tried again", function()
  local late = fails "t":gsub('"type":"Failed"', '"type":"Failed","reason":"DeadlineExceeded"')
  local said, status, asked = after_end(late .. SESSION, { retries = 1, session = ABOUT })
  suite.equal(status, 0, said)
  has(said, "BackupSession n/s is told of it")
  suite.equal(number_of(asked, "POST"), 0, asked)
end)

case("a session that its last step has told is not told again", function()
  local said, status, asked = after_end(ends("t", "Failed", DONE, '{"terminated":{"exitCode":1}}') .. SESSION,
    { retries = 0, session = ABOUT })
  suite.equal(status, 0, said)
  suite.equal(number_of(asked, SESSIONS), 0, asked)
end)

case("a session that may not be told is no end", function()
  local refused = scripted.status(403, 'backupsessions \\"s\\" is forbidden: User \\"eve\\" cannot patch')
  local said, status = after_end(fails "t" .. SESSION:gsub("> PATCH.*", "") .. script("> PATCH " .. SESSIONS .. "/s/status", 403, refused),
    { retries = 0, session = ABOUT })
  suite.equal(status, 2, said)
  has(said, 'User "eve" cannot patch')
end)

case("how long a Job stays is said when all is done", function()
  local said, status, asked = after_end(succeeds "t" .. script(">> GET " .. JOBS .. "/t", 200, "| " .. job("t", "Complete"),
    "> PATCH " .. JOBS .. "/t", 200, "| {}"), { retries = 1, ttl = 600 })
  suite.equal(status, 0, said)
  has(asked, '{"spec":{"ttlSecondsAfterFinished":600}}')
end)

-- --- what is left to it

shell.write(FOLDER .. "/task.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: i, command: [dump]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: u}
spec: {image: m, command: [moonstep, update-status]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}, {name: u}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: mute}
spec: {steps: [{name: f}]}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo}
spec: {backend: {s3: {bucket: b}, storageSecretName: s}}
]])

-- A BackupConfiguration of the Task, with more of its spec, and its session.
local function session_of(task, more)
  shell.write(FOLDER .. "/session.yaml", ([[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly}
spec: {repository: {name: repo}, task: {name: %s}, target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}%s}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: s}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: nightly}}
]]):format(task, more or ""))
  return "run --detach -n n -f @/task.yaml -f @/session.yaml --option serviceAccountName=default"
end

local NAME = "stash-backup-s-0"
local OBJECT = ('{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"%s","namespace":"n","uid":"u-t","labels":{"moonstep/run":"%s"}},'
  .. '"spec":{"template":{"spec":{"containers":[]}}}}'):format(NAME, NAME)

-- The kinds, and that all of a follower can be made.
local PARTS = { { "/api/v1", "serviceaccounts", "ServiceAccount" }, { "/apis/rbac.authorization.k8s.io/v1", "roles", "Role" },
  { "/apis/rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding" }, { "/api/v1", "secrets", "Secret" } }

local function makable(verdict)
  local text = script(">> GET /api/v1", 200, '| {"resources":[{"name":"serviceaccounts","kind":"ServiceAccount","namespaced":true},'
    .. '{"name":"secrets","kind":"Secret","namespaced":true}]}', ">> GET /apis/rbac.authorization.k8s.io/v1", 200,
    '| {"resources":[{"name":"roles","kind":"Role","namespaced":true},{"name":"rolebindings","kind":"RoleBinding","namespaced":true}]}',
    ">> GET /api/v1/namespaces/n/serviceaccounts/default", 200, '| {"kind":"ServiceAccount"}')
  for _, part in ipairs(PARTS) do
    local path = ("%s/namespaces/n/%s"):format(part[1], part[2])
    text = text .. not_found(("%s/%s-follower"):format(path, NAME)) .. script(">> POST " .. path, verdict and verdict[1] or 201,
      verdict and verdict[2] or ('| {"apiVersion":"x","kind":"%s","metadata":{"name":"x"}}'):format(part[3]))
  end
  return KINDS .. text .. not_found(JOBS .. "/" .. NAME) .. not_found(JOBS .. "/" .. NAME .. "-follower")
    .. script(">> PATCH " .. JOBS .. "/" .. NAME, 201, "| " .. OBJECT, ">> POST " .. JOBS, 201, "| " .. OBJECT)
end

local IS_THERE = script(">> GET " .. SESSIONS .. "/s", 200, '| {"kind":"BackupSession","metadata":{"name":"s"}}')
local HAS_NONE = not_found(SESSIONS .. "/s")
local NO_RETRIES = script(">> GET " .. JOBS .. " labelSelector", 200, items("Job", 1))

-- The body of the last request for a path.
local function body_of(asked, request)
  local found
  for line in asked:gmatch "[^\n]+" do
    if line:sub(1, #request) == request and not line:find("dryRun=All", 1, true) then found = line end
  end
  assert(found, ("no %s in %s"):format(request, asked))
  return json.decode(found:match "{.*")
end

local ROLES = "POST /apis/rbac.authorization.k8s.io/v1/namespaces/n/roles?"

case("retries, which the invoker asks for, and a session: the follower's rights are what it does", function()
  local said, status, asked = against(makable() .. IS_THERE .. NO_RETRIES, session_of("t", ", retryConfig: {maxRetry: 2, delay: 1m}"))
  suite.equal(status, 0, said)
  has(said, ("Job %s-follower sees to what comes behind its end"):format(NAME))
  local follower_name = NAME .. "-follower"
  suite.equal(body_of(asked, ROLES).rules, {
    { apiGroups = { "batch" }, resources = { "jobs" }, verbs = { "get", "list", "watch" },
      resourceNames = { NAME, NAME .. "-retry-1", NAME .. "-retry-2", follower_name } },
    { apiGroups = { "" }, resources = { "pods" }, verbs = { "list", "watch" } },
    { apiGroups = { "batch" }, resources = { "jobs" }, verbs = { "create" } },
    { apiGroups = { "batch" }, resources = { "jobs" }, resourceNames = { follower_name }, verbs = { "patch" } },
    { apiGroups = { "stash.appscode.com" }, resources = { "backupsessions", "backupsessions/status" }, resourceNames = { "s" },
      verbs = { "get", "patch" } } })
  local errand = json.decode(body_of(asked, "POST /api/v1/namespaces/n/secrets?").stringData["errand.json"])
  suite.equal({ errand.retries, errand.delay, errand.uid, errand.session.session.name, errand.hooks }, { 2, 60, "u-t", "s" })
  suite.equal(body_of(asked, "POST " .. JOBS .. "?").spec.template.spec.containers[1].image, "m")
end)

case("a session alone", function()
  local said, status, asked = against(makable() .. IS_THERE, session_of "t")
  suite.equal(status, 0, said)
  local verbs = {}
  for i, rule in ipairs(body_of(asked, ROLES).rules) do verbs[i] = ("%s: %s"):format(rule.resources[1], table.concat(rule.verbs, " ")) end
  suite.equal(verbs, { "jobs: get list watch", "pods: list watch", "backupsessions: get patch" })
end)

-- { what, task, more of the invoker, what the cluster has }
for _, row in ipairs { { "no session in the cluster", "t", HAS_NONE }, { "no step that could tell it", "mute", IS_THERE } } do
  case("no follower: " .. row[1], function()
    local said, status, asked = against(makable() .. row[3], session_of(row[2]))
    suite.equal(status, 0, said)
    suite.equal({ said:find("follower", 1, true), asked:find("POST", 1, true) }, {}, said)
  end)
end

case("who may make Jobs alone goes without, and is told", function()
  local refused = scripted.status(403, 'serviceaccounts is forbidden: User \\"eve\\" cannot create resource \\"serviceaccounts\\"')
  local said, status, asked = against(makable { 403, refused } .. IS_THERE, session_of "t")
  suite.equal(status, 0, said)
  has(said, "warning[kube]", 'cannot create resource "serviceaccounts"', "nobody will tell the session of Job n/" .. NAME,
    ("Job n/%s is created"):format(NAME))
  has(asked, "PATCH " .. JOBS .. "/" .. NAME)
  said, status, asked = against(makable { 403, refused } .. IS_THERE .. NO_RETRIES, session_of "t" .. " --retries 1")
  suite.equal(status, 2, said)
  has(said, 'cannot create resource "serviceaccounts"', "in what runs behind the end of Job n/" .. NAME)
  suite.equal(number_of(asked, "PATCH " .. JOBS .. "/" .. NAME .. "?fieldManager=moonstep&fieldValidation=Strict"), 0, asked)
end)

case("attempts of before: one that runs is in the way, one that has ended makes room", function()
  local function earlier(condition) return job(NAME .. "-retry-1", condition):gsub('"u%-s"', '"u-other"'):gsub('"u%-t"', '"u-other"') end
  local function has_one(condition)
    return script(">> GET " .. JOBS .. " labelSelector", 200, items("Job", 1, earlier(condition)))
  end
  local said, status, asked = against(makable() .. HAS_NONE .. has_one(nil), session_of "mute" .. " --retries 1")
  suite.equal(status, 2, said)
  has(said, ("Job n/%s-retry-1, an earlier attempt of it, still runs"):format(NAME))
  suite.equal(asked:find("POST", 1, true), nil, asked)
  said, status, asked = against(makable() .. HAS_NONE .. has_one "Failed" .. script("> DELETE " .. JOBS .. "/" .. NAME .. "-retry-1", 200,
    "| {}") .. not_found(JOBS .. "/" .. NAME .. "-retry-1"), session_of "mute" .. " --retries 1")
  suite.equal(status, 0, said)
  has(asked, "DELETE " .. JOBS .. "/" .. NAME .. "-retry-1")
end)

-- --- who looks on

-- A Job of the run, with its time and what it is a part of.
local function listed(name, condition, part, created)
  local text = job(name, condition):gsub('"labels":{', ('"creationTimestamp":"2027-01-01T00:00:0%dZ","labels":{%s'):format(created,
    part and ('"moonstep/part":"%s",'):format(part) or ""))
  return part == "follower" and text:gsub('"labels"', '"annotations":{"moonstep/retries":"1"},"labels"') or text
end

case("logs follows the attempts of a follower", function()
  local function log(name) return script((">> GET %s/%s-x/log"):format(PODS, name), 200, "| 2027-01-01T00:00:01.5Z of " .. name) end
  local first, second, other = listed("t", "Failed", nil, 1), listed("t-retry-1", nil, nil, 3), listed("t-follower", nil, "follower", 2)
  local text = script("> GET " .. JOBS .. " limit", 200, items("Job", 1, first), "> GET " .. JOBS .. " !watch moonstep%2Frun", 200,
    items("Job", 1, first .. "," .. other), ">> GET " .. JOBS .. " !watch moonstep%2Frun", 200, items("Job", 1, first .. "," .. other),
    "> GET " .. JOBS .. " watch=true moonstep%2Frun", 200, "~ 200", event(second), "~ 3000",
    ">> GET " .. JOBS .. " watch=true moonstep%2Frun", 200, "~ 200", event(listed("t-follower", "Complete", "follower", 2)), "~ 3000")
  local said, status = against(text .. fails "t" .. succeeds "t-retry-1" .. log "t" .. log "t-retry-1", "logs t -n n")
  has(said, "warning[job-failed]: step f-0 of Job n/t failed with exit status 3; it is tried again", "[f-0] of t-retry-1",
    "Job n/t-retry-1 is complete")
  suite.equal(status, 0, said)
end)

return scripted.finish("what is left to a follower", tests)
