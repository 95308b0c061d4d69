-- API versions, unknown fields, types, required fields.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function job(spec) return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n" .. spec end

local GOOD = "  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}\n"

check("a plain Job", job(GOOD))
check("all kinds that are known", [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: b}
---
apiVersion: v1
kind: Event
metadata: {name: a}
involvedObject: {kind: Pod}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {replicas: 1, template: {spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: a}
template: {spec: {containers: [{name: c, image: i}]}}
]])
check("kinds that are not known are passed over", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {what: ever}\n")

check("an API version of old", [[
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: a}
spec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}
]], "api-version @ apiVersion: no longer as this since 1.25")
check("a wrong API version", "apiVersion: v1\nkind: Job\nmetadata: {name: j}\nspec:\n" .. GOOD,
  "api-version @ apiVersion: served as batch/v1")
check("no API version", "kind: Job\nmetadata: {name: j}\nspec:\n" .. GOOD, "api-version @ apiVersion: missing")
check("a workload of an old version", [[
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: a}
spec: {template: {spec: {containers: [{name: c, image: i}]}}}
]], "api-version @ apiVersion: since 1.16")

check("a misspelt field", job("  backofflimit: 1\n" .. GOOD), "unknown-field @ spec.backofflimit")
check("a field that nobody knows", job("  frobnicate: 1\n" .. GOOD), "unknown-field @ spec.frobnicate")
check("a name too long to be compared", job("  " .. ("x"):rep(90) .. ": 1\n" .. GOOD), "unknown-field @ spec." .. ("x"):rep(90))
check("a field at the wrong level", job("  restartPolicy: Never\n" .. GOOD), "unknown-field @ spec.restartPolicy")
check("a field in a list", job "  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i, imagepullpolicy: Never}]}}\n",
  "unknown-field @ spec.template.spec.containers[0].imagepullpolicy")
check("a field of a Deployment's Pods", [[
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, label: {a: b}}
spec: {template: {spec: {container: [], containers: [{name: c, image: i}]}}}
]], "unknown-field @ metadata.label", "unknown-field @ spec.template.spec.container")
check("a Deployment without template", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: 1\n")
check("a PodTemplate without template", "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: a}\n")

-- --- types

for _, case in ipairs {
  { "backoffLimit: '1'", "backoffLimit: an integer" }, { "backoffLimit: 1.5", "backoffLimit: a whole number" },
  { "backoffLimit: 2147483648", "backoffLimit: between" }, { "backoffLimit: true", "backoffLimit: an integer" },
  { "suspend: 'yes'", "suspend: true or false" }, { "completionMode: 1", "completionMode: a string" },
  { "podFailurePolicy: x", "podFailurePolicy: must be a map, and is a string" },
  { "podFailurePolicy: [a]", "podFailurePolicy: must be a map, and is a list" },
  { "podFailurePolicy: []", "podFailurePolicy: must be a map, and is a list" },
  { "activeDeadlineSeconds: '5'", "activeDeadlineSeconds: an integer" },
} do check("a wrong type: " .. case[1], job("  " .. case[1] .. "\n" .. GOOD), "type @ spec." .. case[2]) end
check("null is no value", job("  backoffLimit: null\n  podFailurePolicy: null\n" .. GOOD))

local function container(fields)
  return job("  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i, " .. fields .. "}]}}\n")
end
local C = "spec.template.spec.containers[0]."
check("a map for a list", container "command: {a: b}", "type @ " .. C .. "command: must be a list, and is a map")
check("an empty map for a list", container "command: {}", "type @ " .. C .. "command")
check("an item of another type", container "args: [a, 1]", "type @ " .. C .. "args[1]: item 1 must be a string")
check("an item that is null", container "env: [null]", "type @ " .. C .. "env[0]: item 0 is null")
check("a null text, which is empty", container "args: [null]")
check("an item that is no map", container "env: [a]", "type @ " .. C .. "env[0]: item 0 must be a map")
check("a quantity that is a list", container "resources: {limits: {cpu: [1]}}", "type @ " .. C .. "resources.limits.cpu: a quantity")
check("a port that is neither number nor name", container "livenessProbe: {tcpSocket: {port: 1.5}}",
  "type @ " .. C .. "livenessProbe.tcpSocket.port: a string or an integer")
check("a label that is a number", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, labels: {a: 1}}\nspec:\n" .. GOOD,
  "type @ metadata.labels.a: a string")
check("a time", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, creationTimestamp: '2027-01-31T12:00:00.5Z'}\nspec:\n" .. GOOD)
check("a time with an offset",
  "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, creationTimestamp: '2027-01-31T12:00:00+02:00'}\nspec:\n" .. GOOD)
check("no time", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, creationTimestamp: today}\nspec:\n" .. GOOD,
  "type @ metadata.creationTimestamp: a time")
check("text in base64", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: YQ==, b: 'a b', c: ''}\n", "type @ data.b: base64")
check("a spec of another type", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: x\n", "type @ spec: must be a map")
check("a kind's metadata of another type", "apiVersion: batch/v1\nkind: Job\nmetadata: x\nspec:\n" .. GOOD, "type @ metadata",
  "name @ : metadata.name is missing")

-- --- required fields

check("no spec", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n", "required @ spec")
check("no template", job "  backoffLimit: 1\n", "required @ spec.template")
check("no containers", job "  template: {spec: {restartPolicy: Never}}\n", "required @ spec.template.spec.containers")
check("an empty list of containers", job "  template: {spec: {restartPolicy: Never, containers: []}}\n",
  "required @ spec.template.spec.containers")
check("no image and an empty name", job "  template: {spec: {restartPolicy: Never, containers: [{name: ''}]}}\n",
  "required @ spec.template.spec.containers[0].name", "required @ spec.template.spec.containers[0].image")
check("what servers fill in", container "livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: A}]}}")
check("a status is the server's", [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: i}]}
status: {conditions: [{type: Ready}], containerStatuses: [{name: c}]}
]])
