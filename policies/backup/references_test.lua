-- References to Repositories, Tasks, Functions and AppBindings.

local REPOSITORY = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: vault, namespace: demo}
spec: {backend: {storageSecretName: key, s3: {bucket: b}}}
---
]]
local TASK = [[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: pg-backup}
spec: {steps: [{name: dump}, {name: update-status}]}
---
]]
local FUNCTIONS = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "registry.example/dump@sha256:0000", args: [dump]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec: {image: "registry.example/stash@sha256:0000", args: [update-status]}
---
]]
local ALL = REPOSITORY .. TASK .. FUNCTIONS

local function configuration(spec, namespace)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: %s}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]]):format(namespace or "demo") .. spec .. "\n---\n"
end
local SERVICE = "  target: {ref: {apiVersion: v1, kind: Service, name: db}}\n"
local BOUND = "  target: {ref: {apiVersion: appcatalog.appscode.com/v1alpha1, kind: AppBinding, name: db}}\n"
local USES, RUNS = "  repository: {name: vault}\n", "  task: {name: pg-backup}\n"

local function check(name, input, expect, elsewhere)
  test(name) { options = elsewhere and { ["backup.elsewhere"] = elsewhere }, input = input, expect = expect }
end

check("all is there", ALL .. configuration(SERVICE .. USES .. RUNS), {})

local REPOSITORY_NAME = "backup/repository-given @ BackupConfiguration/nightly spec.repository.name"
check("a Repository that is not there", ALL .. configuration(SERVICE .. RUNS .. "  repository: {name: valt}"),
  { REPOSITORY_NAME .. ": Repository demo/valt is not among" })
check("a Repository of another namespace", ALL .. configuration(SERVICE .. RUNS .. USES, "other"),
  { REPOSITORY_NAME .. ": Repository other/vault is not among" })
check("no Repository", ALL .. configuration(SERVICE .. RUNS), { "backup/repository-given @ BackupConfiguration/nightly spec.repository" })
check("a Repository that is elsewhere", ALL .. configuration(SERVICE .. RUNS .. "  repository: {name: team-vault}"), {},
  "Task/x Repository/team-*")
check("another than what is elsewhere", ALL .. configuration(SERVICE .. RUNS .. "  repository: {name: vault-team}"), { REPOSITORY_NAME },
  "Repository/team-*")
check("volume snapshots need no Repository", ALL .. configuration(SERVICE .. RUNS .. "  driver: VolumeSnapshotter"), {})

local TASK_NAME = "backup/task-given @ BackupConfiguration/nightly spec.task.name"
check("a Task that is not there", ALL .. configuration(SERVICE .. USES .. "  task: {name: pg-bakup}"), { TASK_NAME .. ": Task pg-bakup" })
check("no Task", ALL .. configuration(SERVICE .. USES), { TASK_NAME .. ": no Task is named" })
check("a workload needs no Task", ALL .. configuration("  target: {ref: {apiVersion: apps/v1, kind: Deployment, name: web}}\n" .. USES), {})
check("a name that is computed", FUNCTIONS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBlueprint
metadata: {name: databases}
spec:
  timeOut: 2h
  task: {name: "pg-backup-${TARGET_APP_VERSION}"}
  backend: {storageSecretName: key, s3: {bucket: b, prefix: "${TARGET_NAME}"}}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]], {})
check("a blueprint's Task that is not there", FUNCTIONS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBlueprint
metadata: {name: databases}
spec:
  timeOut: 2h
  task: {name: pg-backup}
  backend: {storageSecretName: key, s3: {bucket: b, prefix: "${TARGET_NAME}"}}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]], { "backup/task-given @ BackupBlueprint/databases spec.task.name" })

local function binding(spec)
  return "apiVersion: appcatalog.appscode.com/v1alpha1\nkind: AppBinding\nmetadata: {name: db, namespace: demo}\nspec: " .. spec ..
    "\n---\n"
end
check("a Task of an AppBinding", ALL .. binding "{parameters: {stash: {addon: {backupTask: {name: pg-backup}}}}}" ..
  configuration(BOUND .. USES), {})
check("a Task of an AppBinding that is not there", ALL .. binding "{parameters: {stash: {addon: {backupTask: {name: x}}}}}" ..
  configuration(BOUND .. USES), { "backup/task-given @ AppBinding/db spec.parameters.stash.addon.backupTask.name" })
check("an AppBinding without Task", ALL .. binding "{type: postgres}" .. configuration(BOUND .. USES), { TASK_NAME .. ": no Task" })
check("an AppBinding that is not there", ALL .. configuration(BOUND .. USES),
  { "backup/target-given @ BackupConfiguration/nightly spec.target.ref.name: AppBinding demo/db" })
check("a target of another group is not looked for", ALL .. configuration((BOUND:gsub("appcatalog", "other")) .. USES .. RUNS), {})

check("a Function that is not there", REPOSITORY .. FUNCTIONS .. (TASK:gsub("dump", "dmup")),
  { "backup/function-given @ Task/pg-backup spec.steps[0].name: Function dmup" })
check("a Function that is elsewhere", TASK, {}, "Function/*")

-- What rendering looks up it also says.
local SESSION = [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: nightly-1, namespace: demo}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: nightly}}
]]
check("nothing is said twice of a session", TASK .. configuration(SERVICE .. USES .. RUNS) .. SESSION, { "missing-object: Repository" })
check("a restore is rendered always", [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: back, namespace: demo}
spec:
  timeOut: 1h
  repository: {name: vault}
  task: {name: pg-backup}
  target: {ref: {apiVersion: v1, kind: Service, name: db}, rules: [{snapshots: [latest]}]}
]], { "missing-object: Repository" })
