-- lua/run/after.lua and before.lua: which hooks run behind which end and before the steps, and what is made of them.
local after = require "run.after"
local before = require "run.before"
local diag = require "base.diag"
local hooks = require "cluster.hooks"
local json = require "kube.json"
local suite = dofile "tests/lib/suite.lua"
local whole = require "run.whole"

local function job()
  local function container(name) return { name = name, image = name .. ":1", command = { name }, env = { { name = "A", value = "1" } } } end
  local hook = container "post-task-hook"
  return { apiVersion = "batch/v1", kind = "Job", metadata = { name = "stash-backup-orders-1-0", namespace = "shop" }, spec = {
    backoffLimit = 3, template = { spec = { initContainers = { container "dump-0" }, containers = { hook },
      volumes = { { name = "v" } } } } } }
end

local function target_of(hook)
  return { direction = "backup", session = { kind = "BackupSession", name = "orders-1", namespace = "shop" },
    invoker = { kind = "BackupConfiguration", name = "orders" }, spec = { hooks = { postBackup = hook },
      target = { ref = { apiVersion = "v1", kind = "PersistentVolumeClaim", name = "data" } } } }
end

local EXEC = { command = { "tell" } }
local DONE, FAILED = { failed = false, seconds = 3.7 }, { failed = true, step = "dump-0", error = "it broke: $(A)", seconds = 2 }

local tests = {}
local function test(name, f) tests[#tests + 1] = { name, f } end

-- { policy, after a success, after a failure that is tried again, after the last failure }
for _, row in ipairs { { "Always", 1, 1, 1 }, { false, 1, 1, 1 }, { "Sometimes", 1, 1, 1 }, { "OnSuccess", 1, 0, 0 },
  { "OnFailure", 0, 1, 1 }, { "OnFinalRetryFailure", 0, 0, 1 } } do
  test("policy " .. tostring(row[1]), function()
    local behind = after.read(job(), target_of { executionPolicy = row[1] or nil, exec = EXEC })
    suite.equal(#behind:jobs(DONE, { number = 1, left = 2 }), row[2])
    suite.equal(#behind:jobs(FAILED, { number = 1, left = 2 }), row[3])
    suite.equal(#behind:jobs(FAILED, { number = 3, left = 0 }), row[4])
    suite.equal(behind:skipped(DONE, { number = 1, left = 0 }) == nil, row[2] == 1)
  end)
end

test("the Job loses its hook, and gets one of its own behind it", function()
  local object = job()
  local behind = after.read(object, target_of { exec = EXEC })
  local pod = object.spec.template.spec
  suite.equal({ pod.containers[1].name, pod.initContainers }, { "dump-0" })
  local made = behind:jobs(FAILED, { number = 2, left = 1 })[1]
  suite.equal(made.metadata, { name = "stash-backup-orders-1-0-after", namespace = "shop" })
  suite.equal({ made.spec.backoffLimit, made.spec.activeDeadlineSeconds }, { 0, 300 })
  local its = made.spec.template.spec
  suite.equal({ its.volumes, its.restartPolicy, its.initContainers }, { { { name = "v" } }, "Never" })
  suite.equal(its.containers, { { name = "post-task-hook", image = "dump-0:1", command = { "tell" }, env = { { name = "A", value = "1" },
    { name = "MOONSTEP_OUTCOME", value = "Failed" }, { name = "MOONSTEP_STEP", value = "dump-0" },
    { name = "MOONSTEP_ERROR", value = "it broke: $$(A)" }, { name = "MOONSTEP_SECONDS", value = "2" },
    { name = "MOONSTEP_ATTEMPT", value = "2" }, { name = "MOONSTEP_RETRIES_LEFT", value = "1" } } } })
end)

test("the Job of an attempt, and of a long name", function()
  local object = job()
  object.spec.completions, object.spec.ttlSecondsAfterFinished, object.spec.template.spec.activeDeadlineSeconds = 5, 60, 10
  local behind = after.read(object, target_of { exec = EXEC })
  local function of(name) return behind:jobs(DONE, { number = 2, left = 0, name = name })[1] end
  suite.equal(of("orders-retry-1").metadata.name, "orders-retry-1-after")
  suite.equal(of("orders").spec.template.spec.activeDeadlineSeconds, nil)
  suite.equal({ of("orders").spec.completions, of("orders").spec.ttlSecondsAfterFinished }, {})
  local long, other = of(("x"):rep(62) .. "0").metadata.name, of(("x"):rep(62) .. "1").metadata.name
  suite.equal({ #long, #other, long:sub(-6), long ~= other }, { 63, 63, "-after", true })
end)

test("a Job on a cluster stays for as long as its hooks may need it", function()
  for _, row in ipairs { { 60, 900 }, { 3600, 3600 }, {} } do
    local each = { object = job(), target = target_of { exec = EXEC } }
    each.object.spec.ttlSecondsAfterFinished = row[1]
    hooks.take(each)
    suite.equal({ each.object.spec.ttlSecondsAfterFinished, each.behind.names }, { row[2], { "post-task-hook" } })
  end
  local each = { object = job(), target = target_of(nil) }
  each.object.spec.ttlSecondsAfterFinished = 60
  hooks.take(each)
  suite.equal({ each.object.spec.ttlSecondsAfterFinished, each.behind }, { 60 })
end)

test("packed, and the same elsewhere", function()
  local behind = after.read(job(), target_of { executionPolicy = "OnFailure", exec = { command = { "tell", "{{ .Target.Name }}" } } })
  local other = after.unpack(json.decode(json.encode(behind:packed())))
  local last = { number = 1, left = 0 }
  suite.equal(other:skipped(DONE, last), behind:skipped(DONE, last))
  suite.equal(json.encode(other:jobs(FAILED, last)[1]), json.encode(behind:jobs(FAILED, last)[1]))
  suite.equal(other.names, behind.names)
  local ok, raised = diag.catch(after.unpack, { kind = "postBackup" })
  suite.equal(ok, false)
  suite.equal(raised.message, "what says which hooks there are has no field hook")
end)

test("the same input gives the same Jobs", function()
  local behind = after.read(job(), target_of { exec = EXEC })
  suite.equal(behind:jobs(DONE, { number = 1, left = 0 }), behind:jobs(DONE, { number = 1, left = 0 }))
end)

test("several handlers, in order", function()
  local behind = after.read(job(), target_of { exec = EXEC, httpGet = { host = "h.example", port = 80, path = "/x" },
    httpPost = { host = "h.example", port = "8443", scheme = "HTTPS", form = { { key = "a b", values = { "1&2", "ü" } } } } })
  suite.equal(behind.names, { "post-task-hook", "post-task-hook-1", "post-task-hook-2" })
  local pod = behind:jobs(DONE, { number = 1, left = 0 })[1].spec.template.spec
  suite.equal({ pod.initContainers[1].name, pod.initContainers[2].name, pod.containers[1].name }, behind.names)
  local get, post = table.concat(pod.initContainers[2].command, " "), table.concat(pod.containers[1].command, " ")
  assert(get:find("--method=GET --url=http://h.example:80/x", 1, true), get)
  assert(post:find("--url=https://h.example:8443/ --body=a%20b=1%262&a%20b=%C3%BC --content-type=", 1, true), post)
  assert(pod.containers[1].image:find "^moonstep:")
end)

test("fields of the summary", function()
  local command = { " {{ .Name }} {{.Target.Kind}} {{- .Status.Phase -}} {{ .Status.Error }} " }
  local behind = after.read(job(), target_of { exec = { command = command } })
  local made = behind:jobs(FAILED, { number = 1, left = 0 })[1]
  suite.equal(made.spec.template.spec.containers[1].command, { "orders-1 PersistentVolumeClaim Failed it broke: $(A)" })
end)

-- What cannot be made is told at once.
for field, hook in pairs { ["exec.command"] = { exec = { command = { "{{ .Name | upper }}" } } }, tcpSocket = { tcpSocket = { port = 1 } },
  ["httpGet.host"] = { httpGet = { port = 80 } }, ["httpGet.port"] = { httpGet = { host = "h", port = "web" } },
  containerName = { containerName = "other", exec = EXEC } } do
  test("refused: " .. field, function()
    local ok, raised = diag.catch(after.read, job(), target_of(hook))
    suite.equal(ok, false)
    suite.equal(raised.message:match "^hooks%.postBackup%.([%a.]+):", field)
  end)
end

-- --- before the steps

-- A Job of two steps behind a pre hook.
local function job_with_pre()
  local object = job()
  local pod = object.spec.template.spec
  table.insert(pod.initContainers, 1, { name = "pre-task-hook", image = "appscode/stash:latest", args = { "run-hook" },
    env = { { name = "POD_NAME", value = "x" } } })
  pod.containers[1].name = "tell-1"
  return object, pod
end

local function target_before(hook)
  local target = target_of(nil)
  target.spec.hooks = { preBackup = hook }
  return target
end

local function names_in(list)
  local all = {}
  for i, container in ipairs(list or {}) do all[i] = container.name end
  return table.concat(all, " ")
end

test("a pre hook does what it says, in the image of the first step", function()
  local object, pod = job_with_pre()
  before.put(object, target_before { exec = { command = { "freeze", "{{ .Status.Phase }}", "{{ .Target.Name }}" } } })
  suite.equal(names_in(pod.initContainers), "pre-task-hook dump-0")
  suite.equal(pod.initContainers[1], { name = "pre-task-hook", image = "dump-0:1", command = { "freeze", "Running", "data" },
    env = { { name = "A", value = "1" } } })
  suite.equal(pod.containers[1].name, "tell-1")
end)

test("several handlers before the steps, in the image of a named one", function()
  local object, pod = job_with_pre()
  before.put(object, target_before { containerName = "tell", exec = EXEC, httpGet = { host = "h.example", port = 80 } })
  suite.equal(names_in(pod.initContainers), "pre-task-hook pre-task-hook-1 dump-0")
  suite.equal(pod.initContainers[1].image, "post-task-hook:1")
  assert(table.concat(pod.initContainers[2].command, " "):find "notify%-http .*%-%-method=GET %-%-url=http://h.example:80/")
end)

test("a pre hook that says nothing to do is left out", function()
  local object, pod = job_with_pre()
  before.put(object, target_before {})
  suite.equal(names_in(pod.initContainers), "dump-0")
  object, pod = job_with_pre()
  table.remove(pod.initContainers)
  before.put(object, target_before {})
  suite.equal(pod.initContainers, nil)
end)

test("a pre hook that cannot be made", function()
  local ok, raised = diag.catch(before.put, job_with_pre(), target_before { exec = { command = { "{{ .RetryLeft }}" } } })
  suite.equal({ ok, raised.message:match "^hooks%.preBackup%.exec%.command:" ~= nil }, { false, true })
end)

test("hooks before and behind the steps see the steps alone", function()
  local object, pod = job_with_pre()
  table.insert(pod.initContainers, pod.containers[1])
  pod.containers = { { name = "post-task-hook", image = "appscode/stash:latest" } }
  local target = target_of { exec = EXEC }
  target.spec.hooks.preBackup = { exec = EXEC }
  before.put(object, target)
  local behind = after.read(object, target)
  suite.equal({ names_in(pod.initContainers), names_in(pod.containers) }, { "pre-task-hook dump-0", "tell-1" })
  suite.equal(names_in(behind.steps), "dump-0 tell-1")
end)

-- --- hooks of a batch as a whole

local function batch_of(its)
  return { kind = "BackupBatch", namespace = "shop", name = "all", value = { spec = { hooks = its } } }
end

-- The Jobs of a batch with so many members.
local function list_of(count, its)
  local session, batch, list = { kind = "BackupSession", name = "all-1", namespace = "shop" }, batch_of(its), {}
  for i = 1, count do
    local object = job_with_pre()
    object.metadata.name = ("all-%d"):format(i)
    list[i] = { object = object, target = { direction = "backup", session = session, invoker = batch, spec = {} } }
  end
  return list
end

test("the hook before a batch is in its first Job, before that one's own", function()
  local list = list_of(2, { preBackup = { exec = { command = { "freeze" } } } })
  list[1].target.spec.hooks = { preBackup = { exec = EXEC } }
  before.put(list[1].object, list[1].target)
  whole.take(list)
  suite.equal(names_in(list[1].object.spec.template.spec.initContainers), "pre-batch-hook pre-task-hook dump-0")
  suite.equal(names_in(list[2].object.spec.template.spec.initContainers), "pre-task-hook dump-0")
  suite.equal({ list[1].whole, list[2].whole }, {})
end)

test("the hook behind a batch is the same for all of its Jobs, and behind the last", function()
  local list = list_of(2, { postBackup = { exec = { command = { "thaw", "{{ .Target.Name }}{{ .Status.Phase }}" } } } })
  list[3] = list_of(1, { postBackup = { exec = EXEC } })[1]
  list[4] = list_of(1, nil)[1]
  whole.take(list)
  suite.equal({ list[1].whole == list[2].whole, list[2].whole == list[3].whole, list[1].whole == nil, list[4].whole },
    { true, false, false })
  suite.equal({ list[1].ends_batch == true, list[2].ends_batch, list[3].ends_batch }, { false, true, true })
  local made = list[2].whole:jobs(DONE, { number = 1, left = 0, name = "all-2" })[1]
  suite.equal({ made.metadata.name, made.spec.template.spec.containers[1].command }, { "all-2-batch-after", { "thaw", "Succeeded" } })
end)

test("none behind a batch whose hook before it failed", function()
  local list = list_of(1, { postBackup = { exec = EXEC } })
  whole.take(list)
  local failed = { failed = true, step = "pre-batch-hook", seconds = 0 }
  suite.equal(list[1].whole:skipped(failed, { number = 1, left = 0 }), "not behind a failure of the hook before the batch")
  failed.step = "dump-0"
  suite.equal(list[1].whole:skipped(failed, { number = 1, left = 0 }), nil)
end)

test("a hook of a batch that cannot be made", function()
  local list = list_of(1, { postBackup = { containerName = "none", exec = EXEC } })
  local ok, raised = diag.catch(whole.take, list)
  suite.equal({ ok, raised.message, raised.within }, { false, "hooks.postBackup.containerName: there is no step none",
    "BackupBatch shop/all" })
end)

test("hooks of a whole batch are told once where nobody runs them", function()
  local told = {}
  local report = { add = function(_, d) told[#told + 1] = d.message end }
  whole.look({ { target = { invoker = batch_of {} } }, { target = {} } }, report)
  suite.equal(told, {})
  local batch = batch_of { preBackup = { exec = EXEC } }
  whole.look({ { target = { invoker = batch } }, { target = { invoker = batch } } }, report)
  suite.equal(told, { "the hooks of BackupBatch shop/all as a whole are not run, those of its members are" })
end)

test("no hook", function()
  suite.equal(after.read(job(), target_of(nil)), nil)
  suite.equal(after.read(job(), target_of { executionPolicy = "Always" }), nil)
  local plain = job()
  plain.spec.template.spec.containers[1].name = "update-status-1"
  suite.equal(after.read(plain, target_of { exec = EXEC }), nil)
  suite.equal(#plain.spec.template.spec.initContainers, 1)
end)

return suite.run("run: after the end", tests)
