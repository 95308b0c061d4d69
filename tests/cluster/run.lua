-- `moonstep run`, `apply`, `diff`, `status`, `logs`, `delete` and objects that no file holds, on the cluster of KUBECONFIG, which may be a
-- control plane alone (stage.lua). What is refused: refused.lua.
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "run"
local suite = dofile "tests/lib/suite.lua"

local namespace, folder, cluster, kubectl = stage.namespace, stage.folder, stage.cluster, stage.kubectl
local moonstep, other, begin, expect, expect_of = stage.moonstep, stage.other, stage.begin, stage.expect, stage.expect_of
local pod_of, play, terminated, RUNS, WAITS = stage.pod_of, stage.play, stage.terminated, stage.RUNS, stage.WAITS

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
  expect(said, code, 1, "f-1: failed", "exit status 3", "f-2: skipped")
  expect(said, code, 1, ("error[job-failed]: step f-1 of Job %s/bad failed with exit status 3"):format(namespace),
    "moonstep delete bad -n " .. namespace)
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
  os.execute(("(%s) >%s 2>&1"):format(stage.line("run", "", "left"):gsub("&& (%S*moonstep) ", "&& timeout -s INT 2 %1 "), out))
  expect(shell.read(out), 0, 0, "error[job-cancelled]: interrupted; Job " .. namespace .. "/left goes on", "`moonstep logs left -n ",
    "`moonstep delete left -n ")
  expect_of(0, { "running" }, other "status left")
end)

case("a Job that goes on is followed again, and not changed", function()
  local finish = begin "left"
  local pod = pod_of "left"
  cluster.loop:sleep(300)
  local said, code = moonstep("apply", "left", "--set SCRIPT=other")
  expect(said, code, 2, "field is immutable", "it has not ended, and cannot be changed", ("`moonstep delete left -n %s`"):format(namespace))
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
  expect(said, code, 1, ("error[job-timeout]: Job %s/late took longer than the 2 s that it may"):format(namespace))
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

case("what is there, and its end", function()
  local said, code = other "status"
  expect(said, code, 1, "good ", "complete", "bad ", "failed", "BackoffLimitExceeded")
  suite.equal(said:find("taken", 1, true), nil)
  expect_of(1, { "bad ", ": failed" }, other "status bad")
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
    kubectl("create -f -", (stage.FILES:gsub("name: f}", "name: fc}"):gsub("name: t}", "name: tc}")))
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

return stage.finish("runs on a cluster", tests)
