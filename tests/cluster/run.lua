-- `moonstep run`, `apply`, `diff`, `status`, `logs`, `delete` and objects that no file holds, on the cluster of KUBECONFIG. It may be a
-- control plane alone: no node runs the Pods, which no scheduler looks at; the test says in their status what a kubelet would.
local base64 = require "base.base64"
local clusters = require "kube.clusters"
local list = require "kube.list"
local loop = require "kube.loop"
local running = require "scripts.running"
local shell = dofile "tests/lib/shell.lua"
local status = require "kube.status"
local suite = dofile "tests/lib/suite.lua"

local PATIENCE = 20000 -- milliseconds
local namespace = "moonstep-run-" .. os.time()
local folder = io.popen("mktemp -d"):read "l"

running.begin()

local function kubectl(line, input)
  local out, err, code = shell.run("kubectl " .. line, input)
  if code ~= 0 then error(("kubectl %s: %s"):format(line, err), 2) end
  return out
end

local context = kubectl("config current-context"):match "[^\n]+"
local all = clusters.new { note = function() end }
all:prepare(context)
local cluster = all:connection(context)

-- Asks again and again until f() gives something, or for too long.
local function poll(f)
  local deadline = loop.now() + PATIENCE
  local found
  repeat
    found = f()
    if not found then cluster.loop:sleep(50) end
  until found or loop.now() > deadline
  return found
end

-- --- what is run

local FILES = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: "nowhere.example/none:1", command: [sh, "-c", "${SCRIPT:=true}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}, {name: f}, {name: f}]}
]]

-- Pods that nobody schedules, or that fit on no node.
local TEMPLATES = [[
local function job(ctx, more)
  local steps = ctx:containers()
  local last = table.remove(steps)
  local pod = { initContainers = steps, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" }
  for name, v in pairs(more) do pod[name] = v end
  return { apiVersion = "batch/v1", kind = "Job", metadata = ctx:metadata(),
    spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = pod } } }
end
template "played" { summary = "s", render = function(ctx) return job(ctx, { schedulerName = "nobody" }) end }
template "nowhere" { summary = "s", render = function(ctx) return job(ctx, { nodeSelector = { none = "none" } }) end }
]]

shell.write(folder .. "/task.yaml", FILES)
shell.write(folder .. "/templates.lua", TEMPLATES)
shell.write(folder .. "/moonstep.yaml", "scripts: [templates.lua]\ntemplate: played\n")

-- The command line of a run.
local function line_of(command, more, name)
  return ("cd %s && sed 's/name: t}/name: %s}/' task.yaml >%s.yaml && %s %s -f %s.yaml --task %s -n %s %s"):format(folder, name, name,
    shell.moonstep, command, name, name, namespace, more or "")
end

-- Runs a command to its end: what it said on both streams, and its status.
local function moonstep(command, name, more)
  local out, err, code = shell.run(line_of(command, more, name))
  return out .. err, code
end

local function other(line)
  local out, err, code = shell.run(("%s %s -n %s"):format(shell.moonstep, line, namespace))
  return out .. err, code
end

local function expect(said, code, want, ...)
  suite.equal(code, want, said)
  for _, words in ipairs { ... } do suite.equal(said:find(words, 1, true) ~= nil, true, ("no %q in %s"):format(words, said)) end
end

-- The same, of a command's results.
local function expect_of(want, words, said, code) expect(said, code, want, table.unpack(words)) end

-- --- the kubelet's part

local function pod_of(job)
  return assert(poll(function()
    return list.all(cluster, ("/api/v1/namespaces/%s/pods"):format(namespace), { labelSelector = "job-name=" .. job })[1]
  end), "the cluster made no Pod for " .. job)
end

local function terminated(code) return { terminated = { exitCode = code, reason = code == 0 and "Completed" or "Error",
  startedAt = "2027-01-01T00:00:00Z", finishedAt = "2027-01-01T00:00:01Z" } } end
local RUNS = { running = { startedAt = "2027-01-01T00:00:00Z" } }
local WAITS = { waiting = { reason = "PodInitializing" } }

-- Sets the states of f-0, f-1 and f-2, and the Pod's phase.
local function play(pod, phase, states)
  local function container(i)
    return { name = "f-" .. i - 1, state = states[i], ready = false, restartCount = 0, image = "x", imageID = "", lastState = {} }
  end
  status.patch(cluster, { apiVersion = "v1", kind = "Pod", namespace = namespace, name = pod.metadata.name }, function()
    return { status = { phase = phase, initContainerStatuses = { container(1), container(2) }, containerStatuses = { container(3) } } }
  end)
end

-- Begins a run; the function that is returned waits for its end and gives what was said and the status.
local function begin(name, more)
  local out = ("%s/%s.out"):format(folder, name)
  shell.write(out, "")
  os.execute(("(%s) >%s 2>&1; echo $? >%s.status"):format(line_of("run", more, name), out, out):gsub("^", "( ") .. " ) &")
  return function()
    poll(function() return shell.exists(out .. ".status") and shell.read(out .. ".status") ~= "" end)
    return shell.read(out), tonumber(shell.read(out .. ".status"))
  end
end

-- --- cases

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("three steps to their ends", function()
  local finish = begin "good"
  local pod = pod_of "good"
  play(pod, "Pending", { RUNS, WAITS, WAITS })
  play(pod, "Pending", { terminated(0), RUNS, WAITS })
  play(pod, "Running", { terminated(0), terminated(0), RUNS })
  cluster.loop:sleep(200)
  play(pod, "Succeeded", { terminated(0), terminated(0), terminated(0) })
  local said, code = finish()
  expect(said, code, 0, "f-0: done", "f-1: running", "f-2: done", ("Job %s/good is complete: 3 steps"):format(namespace))
end)

case("a step that fails", function()
  local finish = begin "bad"
  local pod = pod_of "bad"
  play(pod, "Failed", { terminated(0), terminated(3), WAITS })
  local said, code = finish()
  expect(said, code, 1, "f-1: failed", "exit status 3", "f-2: skipped", "error[job-failed]: Job " .. namespace .. "/bad failed")
  expect(said, code, 1, "moonstep delete bad -n " .. namespace)
end)

case("an image that cannot be pulled", function()
  local finish = begin("pull", "--start-timeout 6s")
  play(pod_of "pull", "Pending", { { waiting = { reason = "ImagePullBackOff", message = "Back-off pulling image \"x\"" } }, WAITS, WAITS })
  local said, code = finish()
  expect(said, code, 2, "error[job-not-started]", "ImagePullBackOff", "Back-off pulling image", "imagePullSecrets")
  expect_of(0, { "is deleted" }, other "delete pull")
end)

case("a Pod that fits on no node", function()
  local said, code = moonstep("run", "nowhere", "--template nowhere --start-timeout 3s")
  expect(said, code, 2, "error[job-not-started]", "nodes", "no node has what the Pod asks for")
end)

case("an interrupt leaves the Job alone", function()
  local out = folder .. "/interrupted"
  os.execute(("(%s) >%s 2>&1"):format(line_of("run", "", "left"):gsub("&& (%S*moonstep) ", "&& timeout -s INT 2 %1 "), out))
  expect(shell.read(out), 0, 0, "error[job-cancelled]: interrupted; Job " .. namespace .. "/left goes on", "`moonstep logs left -n ",
    "`moonstep delete left -n ")
  expect_of(0, { "running" }, other "status left")
end)

case("a Job that goes on is followed again, and not changed", function()
  local finish = begin "left"
  local pod = pod_of "left"
  cluster.loop:sleep(300)
  local said, code = moonstep("apply", "left", "--set SCRIPT=other")
  expect(said, code, 2, "field is immutable", "delete it first")
  play(pod, "Succeeded", { terminated(0), terminated(0), terminated(0) })
  said, code = finish()
  expect(said, code, 0, "is complete")
end)

case("a Job that has ended makes room", function()
  local said, code = moonstep("diff", "left", "--set SCRIPT=other")
  expect(said, code, 1, '-        - "true"', "+        - other")
  suite.equal(said:find "controller-uid" == nil and said:find "dnsPolicy" == nil, true, said)
  expect_of(0, { "Job " .. namespace .. "/left replaced (not applied)" }, moonstep("apply", "left", "--dry-run=server"))
  expect_of(0, { "is replaced in context", "`moonstep logs left -n " }, moonstep("run", "left", "--detach"))
  expect_of(0, { "Job " .. namespace .. "/left unchanged" }, moonstep("apply", "left", ""))
  expect_of(0, {}, moonstep("diff", "left", ""))
end)

case("a Job that is tried again", function()
  local finish = begin("again", "--retries 1 --retry-delay 1s --cleanup")
  play(pod_of "again", "Failed", { terminated(1), WAITS, WAITS })
  play(pod_of "again-retry-1", "Succeeded", { terminated(0), terminated(0), terminated(0) })
  local said, code = finish()
  expect(said, code, 0, "it is tried again", "is complete")
  suite.equal(kubectl(("-n %s get jobs -l moonstep/run=again -o name"):format(namespace)), "")
end)

case("a time limit that the cluster keeps", function()
  local said, code = moonstep("run", "late", "--timeout 2s")
  expect(said, code, 1, "error[job-timeout]", "DeadlineExceeded")
end)

case("a name that somebody else has taken", function()
  kubectl(("-n %s create job taken --image=x -- true"):format(namespace))
  local said, code = moonstep("run", "taken")
  expect(said, code, 2, "Job " .. namespace .. "/taken is there already, and moonstep did not make it")
  suite.equal(kubectl(("-n %s get job taken -o 'jsonpath={.metadata.labels}'"):format(namespace)):find "moonstep", nil)
end)

case("a field that somebody else has set", function()
  expect_of(0, {}, moonstep("apply", "shared", ""))
  kubectl(("-n %s label job shared --overwrite app.kubernetes.io/component=mine"):format(namespace))
  local said, code = moonstep("apply", "shared", "")
  expect(said, code, 2, "kubectl-label", "app.kubernetes.io/component", "--force-conflicts")
  expect_of(0, { "changed" }, moonstep("apply", "shared", "--force-conflicts"))
end)

case("a namespace that is not there", function()
  local said, code = moonstep("run", "lost", "-n nowhere-at-all")
  expect(said, code, 2, 'namespaces "nowhere-at-all" not found', "kubectl create namespace nowhere-at-all")
end)

case("a quota", function()
  kubectl(("-n %s create quota none --hard=count/jobs.batch=0"):format(namespace))
  cluster.loop:sleep(1500)
  local said, code = moonstep("run", "quota")
  kubectl(("-n %s delete quota none"):format(namespace))
  expect(said, code, 2, "exceeded quota: none", "have the quota raised")
  suite.equal(kubectl(("-n %s get jobs -l moonstep/run=quota -o name"):format(namespace)), "")
end)

-- A kubeconfig of a service account that may only look at Jobs.
local function write_reader()
  kubectl(("-n %s create -f -"):format(namespace), [[
apiVersion: v1
kind: ServiceAccount
metadata: {name: looker}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: looker}
rules: [{apiGroups: [batch], resources: [jobs], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: looker}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: looker}
subjects: [{kind: ServiceAccount, name: looker}]
---
apiVersion: v1
kind: Secret
metadata: {name: looker-token, annotations: {kubernetes.io/service-account.name: looker}}
type: kubernetes.io/service-account-token
]])
  local encoded = poll(function()
    local text = kubectl(("-n %s get secret looker-token -o 'jsonpath={.data.token}'"):format(namespace))
    return text ~= "" and text
  end)
  shell.write(folder .. "/looker", ([[
clusters: [{name: k, cluster: {server: "%s", certificate-authority-data: %s}}]
users: [{name: u, user: {token: %s}}]
contexts: [{name: looker, context: {cluster: k, user: u}}]
]]):format(cluster.settings.origin, base64.encode(cluster.settings.ca), base64.decode(encoded)))
end

case("who may not look at Pods, or make Jobs", function()
  write_reader()
  local said, code = moonstep("run", "barred", ("--context looker --kubeconfig %s/looker"):format(folder))
  expect(said, code, 2, "403 Forbidden", 'cannot list resource "pods"', ("system:serviceaccount:%s:looker"):format(namespace),
    "kubectl auth can-i")
  said, code = moonstep("run", "barred", ("--detach --context looker --kubeconfig %s/looker"):format(folder))
  expect(said, code, 2, 'cannot patch resource "jobs"', "kubectl auth can-i")
  suite.equal(kubectl(("-n %s get jobs -l moonstep/run=barred -o name"):format(namespace)), "")
end)

case("what is there, and its end", function()
  local said, code = other "status"
  expect(said, code, 1, "good ", "complete", "bad ", "failed", "BackoffLimitExceeded")
  suite.equal(said:find("taken", 1, true), nil)
  expect_of(1, { "bad " }, other "status bad")
  said, code = other "delete goood"
  expect(said, code, 2, "moonstep has made no Job goood", "did you mean good?")
  expect_of(0, { ("Job %s/good is deleted"):format(namespace) }, other "delete good")
  expect_of(2, {}, other "delete good")
  expect_of(2, { "moonstep has made no Job good" }, other "logs good")
end)

-- --- objects that no file holds

local CRD = [[
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %s.stash.appscode.com}
spec:
  group: stash.appscode.com
  scope: Cluster
  names: {kind: %s, plural: %s, singular: %s, listKind: %sList}
  versions: [{name: v1beta1, served: true, storage: true,
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
]]

case("Tasks and Functions of the cluster", function()
  if kubectl("get crd -o name"):find "stash" then error "this cluster has kinds of Stash, which the test would have to remove" end
  local function render(task) return shell.run(("cd %s && %s render --cluster --task %s -o name"):format(folder, shell.moonstep, task)) end
  local _, err, code = render "tc"
  expect(err, code, 2, "the cluster knows no kind Task of stash.appscode.com/v1beta1", "install the CustomResourceDefinitions")
  local made, why = pcall(function()
    for _, names in ipairs { { "functions", "Function" }, { "tasks", "Task" } } do
      kubectl("create -f -", CRD:format(names[1], names[2], names[1], names[2]:lower(), names[2]))
      kubectl(("wait --for=condition=Established crd/%s.stash.appscode.com"):format(names[1]))
    end
    kubectl("create -f -", (FILES:gsub("name: f}", "name: fc}"):gsub("name: t}", "name: tc}")))
    local out
    out, err, code = render "tc"
    expect(out .. err, code, 0, "job.batch/tc")
    _, err, code = render "td"
    expect(err, code, 2, "Task td is not among the given files, nor in the cluster")
    _, err, code = shell.run(("cd %s && %s render -f task.yaml --task tc"):format(folder, shell.moonstep))
    expect(err, code, 2, "Task tc is not among the given files (")
  end)
  kubectl "delete crd functions.stash.appscode.com tasks.stash.appscode.com"
  if not made then error(why, 0) end
end)

kubectl("create namespace " .. namespace)
local ok, result = pcall(suite.run, "runs on a cluster", tests)
os.execute(("kubectl delete namespace %s --wait=false >/dev/null 2>&1; rm -rf %s"):format(namespace, folder))
if not ok then print(("not ok runs on a cluster: %s"):format(result)) end
return ok and result
