-- Documents that have a Job made of each Task of the catalogue.
--
--   inputs.of(backend) -> YAML: sessions of all Tasks, for a Repository of that kind, one of inputs.BACKENDS
local all = require "catalog.all"

local inputs = {}

inputs.BACKENDS = {
  ["local"] = "local: {persistentVolumeClaim: {claimName: backups}, mountPath: /repository, subPath: a}",
  s3 = "s3: {endpoint: s3.example.com, bucket: b, prefix: p, region: eu}", gcs = "gcs: {bucket: b, prefix: /p/, maxConnections: 3}",
  azure = "azure: {container: b, prefix: p}", swift = "swift: {container: b, prefix: p}", b2 = "b2: {bucket: b, prefix: p}",
  rest = "rest: {url: https://restic.example.com:8000/p}" }

local HEAD = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repository, namespace: demo}
spec: {backend: {BACKEND, storageSecretName: repository}}
---
apiVersion: appcatalog.appscode.com/v1alpha1
kind: AppBinding
metadata: {name: orders, namespace: demo}
spec: {clientConfig: {service: {name: orders-db, port: 4711, scheme: https}}, secret: {name: orders-login}}
]]

local SPEC = [[{repository: {name: repository}, task: {name: TASK}, timeOut: 2h, MORE
  runtimeSettings: {pod: {securityContext: {runAsUser: 65535, runAsNonRoot: true}}},
  target: {ref: {apiVersion: APIVERSION, kind: KIND, name: orders} RULES}}
]]

local BACKUP = [[
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: "b-NUMBER", namespace: demo}
spec: ]] .. SPEC .. [[
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: "b-NUMBER-1", namespace: demo}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: "b-NUMBER"}}
]]

local RESTORE = [[
---
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: "r-NUMBER", namespace: demo}
spec: ]] .. SPEC

local function filled(text, values) return (text:gsub("%u%u%u+", values)) end

function inputs.of(backend)
  local texts = { filled(HEAD, { BACKEND = inputs.BACKENDS[backend] }) }
  for i, name in ipairs(all.names "Task") do
    local is_backup, is_claim = name:find "%-backup" ~= nil, name:find "^pvc" ~= nil
    texts[#texts + 1] = filled(is_backup and BACKUP or RESTORE, { NUMBER = tostring(i), TASK = name, BACKUP = false,
      MORE = is_backup and 'schedule: "0 3 * * *", retentionPolicy: {name: k, keepLast: 3, keepTags: [a, b], prune: true},' or "",
      APIVERSION = is_claim and "v1" or "appcatalog.appscode.com/v1alpha1", KIND = is_claim and "PersistentVolumeClaim" or "AppBinding",
      RULES = is_backup and "" or ", rules: [{snapshots: [latest]}]" })
  end
  return table.concat(texts)
end

return inputs
