-- Tests of site.lua: `moonstep test examples/site` runs them.

-- A Job with one container.
local function job(container)
  return [[
apiVersion: batch/v1
kind: Job
metadata: {name: dump}
spec: {template: {spec: {containers: [{name: dump, ]] .. container .. "}]}}}\n"
end

local DIGEST = "@sha256:9f2c4b1d6e0a7358c1f4e9b2a6d3708f5c1e9a4b7d2f6083e5a1c9b4d7f20683"

test "an image without a digest is found" {
  input  = job "image: postgres:16.4, resources: {limits: {memory: 1Gi}}",
  expect = { "image-pinned @ spec.template.spec.containers[0].image: postgres:16.4 is not pinned" },
}

test "an image with a digest and a memory limit will do" {
  input  = job("image: postgres" .. DIGEST .. ", resources: {limits: {memory: 1Gi}}"),
  expect = {},
}

test "a container without a memory limit is found" {
  input  = job("image: postgres" .. DIGEST),
  expect = { "memory-limited @ spec.template.spec.containers[0].resources: dump has no memory limit" },
}

-- A Task of one step, and one run of it for a workload of that name.
local function session(name)
  return [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "postgres:16.4", args: ["--label=${COST_CENTRE}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump}]}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: local, namespace: demo}
spec: {backend: {local: {mountPath: /backups, hostPath: {path: /srv/backups}}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: demo}
spec:
  schedule: "0 3 * * *"
  repository: {name: local}
  task: {name: dump}
  target: {ref: {apiVersion: apps/v1, kind: StatefulSet, name: ]] .. name .. [[}}
  retentionPolicy: {name: keep-five, keepLast: 5, prune: true}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: nightly-1, namespace: demo}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: nightly}}
]]
end

test "Jobs carry owner and cost centre of what they back up" {
  render   = true,
  input    = session "ledger",
  snapshot = "ledger.snapshot.yaml",            -- `moonstep test --update` writes it
}

test "there is no Job for what the inventory does not know" {
  render = true,
  input  = session "unknown",
  error  = "COST_CENTRE has no value",
}
