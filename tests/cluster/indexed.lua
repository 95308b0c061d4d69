-- `moonstep batch-job` on the cluster of KUBECONFIG, which needs a node: shards render side by side, the merge puts them together, and that
-- is the same as one run, to the byte. E2E_LOAD_IMAGE is the command that loads an image, as follower.lua has it; without it, nothing is
-- run. A cluster before 1.22 has no Indexed Jobs: there each Pod must say what is missing, and each shard is a Job of its own, with the
-- index that such a Job would give it.
local loader = os.getenv "E2E_LOAD_IMAGE"
if not loader or loader == "" then
  print "unit: batch-job on a node: E2E_LOAD_IMAGE names no command that loads images, so nothing was run"
  return true
end

local compare = dofile "tests/lib/compare.lua"
local json = require "kube.json"
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "indexed"
local suite = dofile "tests/lib/suite.lua"
local value = require "base.value"

local namespace, folder, kubectl = stage.namespace, stage.folder, stage.kubectl

local IMAGE, SHARDS, ROWS = "docker.io/library/moonstep-hooks-test:1", 3, 100 -- the image of follower.lua
local OUT = "/var/lib/moonstep-indexed-" .. namespace

local INPUTS = io.popen("mktemp -d"):read "l" -- no configuration is here or above
shell.write(INPUTS .. "/task.yaml", stage.FILES)
local rows = {}
for i = 1, ROWS do rows[i] = ('{"name":"db-%d","variables":{"SCRIPT":"echo %d"}}\n'):format(i, i) end
shell.write(INPUTS .. "/rows.ndjson", table.concat(rows))

local CLAIM = ([[
apiVersion: v1
kind: PersistentVolume
metadata: {name: NAMESPACE}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  storageClassName: NAMESPACE
  persistentVolumeReclaimPolicy: Retain
  hostPath: {path: OUT, type: DirectoryOrCreate}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: out, namespace: NAMESPACE}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: NAMESPACE
  resources: {requests: {storage: 1Gi}}
]]):gsub("NAMESPACE", namespace):gsub("OUT", OUT)

-- --- Jobs

-- An older kubectl would refuse fields that it does not know, and the API server forgets them.
local function apply(object) kubectl(("-n %s apply --validate=false -f -"):format(namespace), json.encode(object)) end

local function state_of(job)
  return kubectl(("-n %s get job %s -o 'jsonpath={.status.conditions[?(@.status==\"True\")].type}'"):format(namespace, job))
end

local function await(job)
  assert(stage.poll(function() return state_of(job) ~= "" end), job .. " does not end")
  return state_of(job)
end

-- Runs a script as root in a Pod that sees the folder of the claim, and gives what it printed.
local function in_pod(name, script)
  local mounts = { { name = "out", mountPath = "/out" } }
  apply { apiVersion = "v1", kind = "Pod", metadata = { name = name }, spec = { restartPolicy = "Never",
    containers = { { name = "c", image = IMAGE, command = { "sh", "-c", script }, volumeMounts = mounts } },
    volumes = { { name = "out", hostPath = { path = OUT } } } } }
  local function phase() return kubectl(("-n %s get pod %s -o 'jsonpath={.status.phase}'"):format(namespace, name)) end
  assert(stage.poll(function() return phase() == "Succeeded" or phase() == "Failed" end), name .. " does not end")
  suite.equal(phase(), "Succeeded")
  return kubectl(("-n %s logs %s"):format(namespace, name))
end

local function batch_job()
  local line = "cd %s && %s batch-job --image %s --shards %d --jobs 1 --targets rows.ndjson --task t --inputs-configmap inputs"
    .. " --out-claim out -o ndjson"
  local out, err, code = shell.run(line:format(INPUTS, shell.moonstep, IMAGE, SHARDS))
  suite.equal(code, 0, err)
  return compare.parse(out, "batch-job")
end

-- Whether this cluster has Indexed Jobs: an older one forgets what it does not know.
local function has_indexed() return kubectl(("-n %s get job batch -o 'jsonpath={.spec.completionMode}'"):format(namespace)) == "Indexed" end

-- The Job of one shard, with the index that it would have.
local function shard_of(job, number)
  local one = value.copy(job)
  one.metadata.name = ("batch-%d"):format(number)
  one.spec.completions, one.spec.parallelism, one.spec.completionMode = 1, 1, nil
  table.insert(one.spec.template.spec.containers[1].env, { name = "JOB_COMPLETION_INDEX", value = ("%d"):format(number) })
  return one
end

-- --- cases

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("shards, and the merge: the same as one run", function()
  kubectl("apply -f -", CLAIM)
  kubectl(("-n %s create configmap inputs --from-file=%s/task.yaml --from-file=%s/rows.ndjson"):format(namespace, INPUTS, INPUTS))
  in_pod("prepare", "chmod 777 /out") -- volumes of a host have no fsGroup
  local all = batch_job()
  local shards, merge = all[1], all[2]
  apply(shards)
  if has_indexed() then suite.equal(await "batch", "Complete")
  else
    assert(stage.poll(function()
      local line = "-n %s logs -l job-name=batch --tail=1 2>/dev/null || true"
      return kubectl(line:format(namespace)):find("Indexed Jobs need Kubernetes 1.22 or newer", 1, true)
    end), "a Pod without an index does not say so")
    kubectl(("-n %s delete job batch"):format(namespace))
    for number = 0, SHARDS - 1 do apply(shard_of(shards, number)) end
    for number = 0, SHARDS - 1 do suite.equal(await(("batch-%d"):format(number)), "Complete") end
  end
  merge.spec.suspend = nil
  apply(merge)
  suite.equal(await "batch-merge", "Complete")
  local one = shell.run(("cd %s && %s render -f . --task t --targets rows.ndjson 2>/dev/null"):format(INPUTS, shell.moonstep))
  shell.write(folder .. "/one.yaml", one)
  local sum = shell.run(("sha256sum <%s/one.yaml"):format(folder)):match "^%x+"
  suite.equal(in_pod("look", "sha256sum </out/result.yaml"):match "^%x+", sum)
end)

stage.load_image(loader, IMAGE)
local ok = stage.finish("batch-job on a node", tests)
os.execute(("kubectl delete pv %s --wait=false >/dev/null 2>&1; rm -rf %s"):format(namespace, INPUTS))
return ok
