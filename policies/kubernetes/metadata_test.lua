-- Names, labels, annotations, owners, finalizers.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function object(kind, metadata)
  local version = { Job = "batch/v1", CronJob = "batch/v1", Role = "rbac.authorization.k8s.io/v1" }
  local POD = "{spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"
  local rest = { Job = "spec: {template: " .. POD .. "}", CronJob = "spec: {schedule: '@daily', jobTemplate: {spec: {template: " .. POD
    .. "}}}" }
  return ("apiVersion: %s\nkind: %s\nmetadata: %s\n%s\n"):format(version[kind] or "v1", kind, metadata, rest[kind] or "")
end
local function long(count) return ("a"):rep(count) end

check("names that are fine", object("Job", "{name: " .. long(63) .. "}") .. "---\n" .. object("CronJob", "{name: " .. long(52) .. "}")
  .. "---\n"
  .. object("ConfigMap", "{name: " .. long(253) .. "}") .. "---\n" .. object("Role", "{name: 'system:Role'}") .. "---\n"
  .. object("Namespace", "{name: a-b}") .. "---\n" .. object("Job", "{generateName: a-, namespace: demo}"))
check("no name", object("Job", "{}"), "name @ metadata: missing")
check("no metadata", "apiVersion: v1\nkind: ConfigMap\n", "name @ : missing")
check("a Job's name that becomes no label", object("Job", "{name: " .. long(64) .. "}"), "name @ metadata.name: label of the Job's Pods")
check("a CronJob's name", object("CronJob", "{name: " .. long(53) .. "}"), "name @ metadata.name: at most 52")
check("the start of a CronJob's name", object("CronJob", "{generateName: " .. long(48) .. "}"), "name @ metadata.generateName: at most 47")
check("a name with capital letters", object("ConfigMap", "{name: A_b}"), "name @ metadata.name: a DNS name")
check("a name beyond all", object("ConfigMap", "{name: " .. long(254) .. "}"), "name @ metadata.name: at most 253")
check("a namespace with a dot", object("Namespace", "{name: a.b}"), "name @ metadata.name: a DNS label")
check("a role's name", object("Role", "{name: a/b}"), "name @ metadata.name: without /")
check("a role's name of dots", object("Role", "{name: ..}"), "name @ metadata.name: other than")
check("the start of a name", object("Job", "{generateName: Ab-}"), "name @ metadata.generateName")
check("the namespace's name", object("Job", "{name: a, namespace: a_b}"), "name @ metadata.namespace")
check("a Job with its own selector may have a long name", [[
apiVersion: batch/v1
kind: Job
metadata: {name: ]] .. long(64) .. [[}
spec:
  manualSelector: true
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
]])

check("labels that are fine", object("ConfigMap", "{name: a, labels: {a: '', example.com/A_b.c: A_b.c, " .. long(63) .. ": " .. long(63)
  .. "}}"))
check("a label's value", object("ConfigMap", "{name: a, labels: {a: b c, d: " .. long(64) .. "}}"), "label @ metadata.labels.a: value",
  "label @ metadata.labels.d: at most 63")
check("a label's key", object("ConfigMap", "{name: a, labels: {-a: b}}"), "label @ metadata.labels.-a: key")
check("a label's key without its domain", object("ConfigMap", "{name: a, labels: {/a: b}}"),
  "label @ metadata.labels./a: nothing stands before")
check("labels of a template and a selector", [[
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  nodeSelector: {a: -b}
  containers: [{name: c, image: i}]
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: -b}}}]
]], "label @ spec.nodeSelector.a", "label @ spec.topologySpreadConstraints[0].labelSelector.matchLabels.a")

check("annotations that are fine", object("ConfigMap", "{name: a, annotations: {Example.com/a: 'any text', b: ''}}"))
check("an annotation's key", object("ConfigMap", "{name: a, annotations: {a b: c}}"), "annotation @ metadata.annotations.a b: key")
check("annotations of 256 KiB", object("ConfigMap", "{name: a, annotations: {a: " .. long(262143) .. "}}"))
check("annotations above 256 KiB", object("ConfigMap", "{name: a, annotations: {a: " .. long(262144) .. "}}"),
  "annotation @ metadata.annotations: 262145 bytes")

local OWNER = "{apiVersion: apps/v1, kind: A, name: b, uid: %s, controller: %s}"
check("owners that are fine", object("ConfigMap", "{name: a, ownerReferences: [" .. OWNER:format("u", "true") .. ", " .. OWNER:format("v",
  "false") .. "]}"))
check("two controllers", object("ConfigMap", "{name: a, ownerReferences: [" .. OWNER:format("u", "true") .. ", " .. OWNER:format("v",
  "true") .. "]}"),
  "owner @ metadata.ownerReferences[1].controller")
check("an Event that owns", object("ConfigMap", "{name: a, ownerReferences: [{apiVersion: v1, kind: Event, name: b, uid: u}]}"),
  "owner @ metadata.ownerReferences[0].kind")
check("an owner's version", object("ConfigMap", "{name: a, ownerReferences: [{apiVersion: a/b/c, kind: A, name: b, uid: u}]}"),
  "owner @ metadata.ownerReferences[0].apiVersion")
check("an owner without uid", object("ConfigMap", "{name: a, ownerReferences: [{apiVersion: v1, kind: A, name: b}]}"),
  "required @ metadata.ownerReferences[0].uid")

check("finalizers that are fine", object("ConfigMap", "{name: a, finalizers: [kubernetes, orphan, example.com/a]}"))
check("a short finalizer", object("ConfigMap", "{name: a, finalizers: [hold]}"), "finalizer @ metadata.finalizers[0]: domain")
check("a finalizer's name", object("ConfigMap", "{name: a, finalizers: [a b/c]}"), "finalizer @ metadata.finalizers[0]")
check("finalizers that exclude each other", object("ConfigMap", "{name: a, finalizers: [orphan, foregroundDeletion]}"),
  "finalizer @ metadata.finalizers")
check("a namespace's finalizers", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\nspec: {finalizers: [hold]}\n",
  "finalizer @ spec.finalizers[0]")
