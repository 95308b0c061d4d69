-- Targets, and the rules of restores.

local function check(name, input, expect)
  test(name) { options = { ["backup.elsewhere"] = "*" }, input = input, expect = expect }
end

local function configuration(target, more)
  return [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: demo}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: vault}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]] .. (target and "  target: " .. target .. "\n" or "") .. (more or "  task: {name: pg}\n")
end

check("a target that is named in full", configuration "{ref: {apiVersion: v1, kind: Service, name: db}}", {})
for _, missing in ipairs { { "apiVersion", "kind: Service, name: db" }, { "kind", "apiVersion: v1, name: db" },
  { "name", "apiVersion: v1, kind: Service" }, { "name", 'apiVersion: v1, kind: Service, name: ""' } } do
  check("a target without " .. missing[1] .. ": " .. missing[2], configuration(("{ref: {%s}}"):format(missing[2])),
    { "backup/target @ spec.target.ref." .. missing[1] })
end
check("a target without reference", configuration "{paths: [/a]}", { "backup/target @ spec.target.ref.apiVersion",
  "backup/target @ spec.target.ref.kind", "backup/target @ spec.target.ref.name" })
check("a Task that needs no target", configuration(nil), {})
check("neither Task nor target", configuration(nil, ""), { "backup/target @ spec.target", "backup/task-given @ spec.task.name" })

check("a claim of this namespace", configuration "{ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data, namespace: demo}}", {})
check("a claim of another namespace", configuration "{ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data, namespace: other}}",
  { "backup/target-namespace @ spec.target.ref.namespace" })
check("a database of another namespace", configuration "{ref: {apiVersion: v1, kind: Service, name: db, namespace: other}}", {})
local WORKLOAD = "{ref: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: other}}"
check("a workload of another namespace by a sidecar", configuration(WORKLOAD, ""),
  { "backup/target-namespace @ spec.target.ref.namespace" })
check("a workload of another namespace by a Task", configuration(WORKLOAD), {})
check("what kubedump dumps may be anywhere",
  configuration("{ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: d, namespace: other}}",
  "  task: {name: kubedump-backup}\n"), {})

-- What a restore is rendered with.
local AROUND = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: vault, namespace: demo}
spec: {backend: {storageSecretName: key, s3: {bucket: b}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: pg}
spec: {steps: [{name: update-status}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec:
  image: registry.example/stash@sha256:0000
  runtimeSettings: {resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}
---
]]

local function restore(target, more)
  return AROUND .. [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: back, namespace: demo}
spec:
  timeOut: 2h
  repository: {name: vault}
  task: {name: pg}
  target: ]] .. target .. "\n" .. (more or "")
end
local REF = "ref: {apiVersion: v1, kind: Service, name: db}"
check("a restore with rules", restore("{" .. REF .. ", rules: [{snapshots: [latest]}]}"), {})
check("a restore with the older rules", restore("{" .. REF .. "}", "  rules: [{paths: [/data]}]\n"), {})
check("a restore without rules", restore("{" .. REF .. "}"), { "backup/restore-rules @ spec.target.rules" })
check("a restore with an empty list of rules", restore("{" .. REF .. ", rules: []}"), { "backup/restore-rules @ spec.target.rules" })
check("a restore of volume snapshots", restore("{" .. REF .. "}", "  driver: VolumeSnapshotter\n"), { "no-job" })
check("a restore into claims needs no reference",
  restore "{volumeClaimTemplates: [{metadata: {name: d}}], rules: [{snapshots: [latest]}]}", {})
check("rules of which one is never used", restore("{" .. REF ..
  ", rules: [{paths: [/a]}, {targetHosts: [h], paths: [/b]}, {paths: [/c]}]}"),
  { "backup/restore-rule-unused @ spec.target.rules[0]" })
check("rules that are all used", restore("{" .. REF .. ", rules: [{targetHosts: [g]}, {targetHosts: [h]}, {paths: [/c]}]}"), {})

check("members of a restore's batch", AROUND .. [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreBatch
metadata: {name: all, namespace: demo}
spec:
  timeOut: 2h
  repository: {name: vault}
  members:
  - {task: {name: pg}, target: {ref: {apiVersion: v1, kind: Service, name: db}, rules: [{snapshots: [latest]}]}}
  - {task: {name: pg}, target: {ref: {apiVersion: v1, kind: Service}}}
  - {task: {name: pg}}
]], { "backup/target @ spec.members[1].target.ref.name", "backup/restore-rules @ spec.members[1].target.rules",
  "backup/target @ spec.members[2].target", "no-job" })
