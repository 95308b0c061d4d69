-- Parameters, and whether anything asks for them.

local FUNCTIONS = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec:
  image: registry.example/dump@sha256:0000
  args: [dump, "--host=${host:=db}", "--level=${level:=6}", "--deep=${a:=${nested:=x}}", "plain $${escaped}", "${#counted}", "${NAMESPACE}"]
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec: {image: "registry.example/stash@sha256:0000", args: [update-status]}
---
]]

local function task(params, volumes)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: pg}
spec:
  steps: [{name: dump, params: [%s]}, {name: update-status}]
  volumes: [%s]
---
]]):format(params, volumes or "")
end

local function check(name, input, expect)
  test(name) { options = { ["backup.elsewhere"] = "Repository/* Function/else AppBinding/*" }, input = input, expect = expect }
end

local function step(params, expect) check("a step's parameters: " .. params, FUNCTIONS .. task(params), expect) end
local function param(name) return ("{name: %s, value: x}"):format(name) end

step(param "host", {})
step(param "nested", {})
step(param "counted", {})
step(param "escaped", { "backup/param-unknown @ Task/pg spec.steps[0].params[0].name" })
step(param "hots", { "backup/param-unknown @ Task/pg spec.steps[0].params[0].name: Function dump does not ask" })
step(param "host" .. ", " .. param "level" .. ", " .. param "host", { "backup/param-twice @ Task/pg spec.steps[0].params[2].name" })
step(param "NAMESPACE", { "backup/param-shadowed @ Task/pg spec.steps[0].params[0].name" })
check("a Function that is not given", (FUNCTIONS .. task(param "other")):gsub("name: dump,", "name: else,"), {})

local function configuration(spec)
  return [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: demo}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: vault}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]] .. spec .. "\n---\n"
end
local SERVICE = "  target: {ref: {apiVersion: v1, kind: Service, name: db}}\n"
local BOUND = "  target: {ref: {apiVersion: appcatalog.appscode.com/v1alpha1, kind: AppBinding, name: db}}\n"
local ALL = FUNCTIONS .. task("", "{name: v, secret: {secretName: '${secret}'}}")
local NAME = "backup/param-unknown @ BackupConfiguration/nightly spec.task.params[0].name"

check("an invoker's parameter for a Function", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "host" .. "]}"), {})
check("an invoker's parameter for the Task", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "secret" .. "]}"), {})
check("an invoker's parameter for nobody", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "levle" .. "]}"),
  { NAME .. ": Task pg does not ask" })
check("an invoker's parameter twice", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "host" .. ", " ..
  param "host" .. "]}"),
  { "backup/param-twice @ BackupConfiguration/nightly spec.task.params[1].name" })
check("an invoker may set what Stash sets", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "NAMESPACE" .. "]}"),
  {})
check("parameters of hooks", ALL .. configuration(SERVICE .. "  hooks: {preBackup: {containerName: x}}\n  task: {name: pg, params: [" ..
  param "outputDir" .. "]}"), {})
check("parameters of hooks without hooks", ALL .. configuration(SERVICE .. "  task: {name: pg, params: [" .. param "outputDir" .. "]}"),
  { NAME })

local function binding(addon)
  return "apiVersion: appcatalog.appscode.com/v1alpha1\nkind: AppBinding\nmetadata: {name: db, namespace: demo}\nspec: " .. addon ..
    "\n---\n"
end
local function addon(params) return binding(("{parameters: {stash: {addon: {backupTask: {name: pg, params: [%s]}}}}}"):format(params)) end
check("an AppBinding's parameter", ALL .. addon(param "host"), {})
check("an AppBinding's parameter for nobody", ALL .. addon(param "hots"),
  { "backup/param-unknown @ AppBinding/db spec.parameters.stash.addon.backupTask.params[0].name" })
check("parameters for the Task of an AppBinding", ALL .. addon "" .. configuration(BOUND .. "  task: {params: [" .. param "hots" .. "]}"),
  { NAME })
check("parameters for a Task that is not known", FUNCTIONS .. configuration(BOUND .. "  task: {params: [" .. param "hots" .. "]}"), {})
