-- `moonstep crds` and `moonstep update-status` on the cluster of KUBECONFIG: the definitions are accepted, objects of all kinds fit them,
-- and a session and its Repository are told what became of a backup. Definitions that were not there before are removed again.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local quote = shell.quote
local NAMESPACE = "moonstep-status"
local scratch = io.popen("mktemp -d"):read "l"

local function sh(line, input)
  local out, err, status = shell.run(line, input)
  return status == 0 and out or error(("%s\n%s%s"):format(line, out, err), 2)
end

local function kubectl(line, input) return sh("kubectl " .. line, input) end
local function moonstep(line) return ("%s %s"):format(quote(shell.moonstep), line) end
local context = sh("kubectl config current-context"):gsub("\n", "")

local function get(kind, path) return (kubectl(("-n %s get %s -o jsonpath='%s'"):format(NAMESPACE, kind, path))) end

local OBJECTS = [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: moonstep-status}
spec: {schedule: "@daily", task: {name: t}, repository: {name: repo}}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo, namespace: moonstep-status}
spec: {backend: {s3: {bucket: backups, prefix: db}, storageSecretName: s3}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: %s, namespace: moonstep-status}
spec: {invoker: {kind: BackupConfiguration, name: nightly}}
]]

local function put(name, text) shell.write(("%s/%s"):format(scratch, name), text) end

-- Runs it for a session. Returns its exit status and what it says.
local function told(session)
  local line = ("update-status --output-dir=%s --namespace=%s --repository=repo --backupsession=%s --invoker-kind=BackupConfiguration "
    .. "--invoker-name=nightly --target-kind=AppBinding --target-name=db --context=%s"):format(scratch, NAMESPACE, session, context)
  local _, err, status = shell.run(moonstep(line))
  return status, err
end

local tests = {
  { "objects fit the definitions", function()
    for _, path in ipairs { "cluster/task", "postgres/backup", "postgres/functions", "postgres/task" } do
      local text = shell.read(("examples/%s.yaml"):format(path)):gsub("\n +namespace: [^\n]*", ""):gsub(", namespace: [%l-]+", "")
      kubectl(("apply --dry-run=server -n %s -f -"):format(NAMESPACE), text)
    end
  end },
  { "what kubectl shows", function()
    kubectl("apply -f -", OBJECTS:format "first")
    assert(kubectl(("-n %s get bc nightly"):format(NAMESPACE)):find "TASK +SCHEDULE +PAUSED +PHASE +AGE\nnightly +t +@daily")
    assert(kubectl(("-n %s get bs first"):format(NAMESPACE)):find "INVOKER%-TYPE +INVOKER%-NAME +PHASE +DURATION +AGE")
  end },
  { "a backup", function()
    kubectl("apply -f -", OBJECTS:format "first")
    put("backup.json", '{"message_type":"summary","snapshot_id":"abcdef0123","total_bytes_processed":2048,"data_added":1024}\n')
    put("snapshots.json", '[{"id":"abcdef0123","paths":["/data"]}]')
    put("check.json", '{"integrity": true}')
    put("stats.json", '{"total_size":4096}')
    local status, err = told "first"
    suite.equal(status, 0, err)
    suite.equal(get("bs/first", "{.status.phase} {.status.targets[0].stats[0].snapshots[0].name}"), "Succeeded abcdef01")
    suite.equal(get("repo/repo", "{.status.integrity} {.status.snapshotCount} {.status.totalSize}"), "true 1 4.000 KiB")
    suite.equal(get("repo/repo", "{.status.lastBackupTime}"), get("bs/first", "{.metadata.creationTimestamp}"))
  end },
  { "a failure", function()
    kubectl("apply -f -", OBJECTS:format "second")
    put("status.json", '{"step": "dump", "status": 1, "error": "no room"}')
    local status, err = told "second"
    suite.equal(status, 1, err)
    suite.equal(get("bs/second", "{.status.phase} {.status.targets[0].stats[0].error}"), "Failed step dump: no room")
  end },
}

local known = select(3, shell.run "kubectl get crd backupsessions.stash.appscode.com") == 0
local ok, passed = pcall(function()
  if not known then
    sh(moonstep "crds" .. " | kubectl apply --server-side -f -")
    kubectl("wait --for=condition=established --timeout=60s crd/backupsessions.stash.appscode.com crd/repositories.stash.appscode.com "
      .. "crd/backupconfigurations.stash.appscode.com crd/functions.stash.appscode.com crd/tasks.stash.appscode.com")
  end
  kubectl("create namespace " .. NAMESPACE)
  return suite.run("cluster: status", tests)
end)
shell.run("kubectl delete namespace --wait=true " .. NAMESPACE)
if not known then shell.run(moonstep "crds" .. " | kubectl delete -f -") end
os.execute("rm -rf " .. quote(scratch))
if not ok then error(passed, 0) end
return passed
