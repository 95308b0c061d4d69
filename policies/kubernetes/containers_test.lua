-- Single containers: ports, init containers, environment.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(spec) return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" .. spec .. "}\n" end
local function container(fields) return pod("containers: [{name: c, image: i, " .. fields .. "}]") end
local C = "spec.containers[0]."

check("names of ports", container "ports: [{containerPort: 1, name: a}, {containerPort: 2, name: b}, {containerPort: 3}]")
check("a port's name twice", container "ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]", "port-name @ " .. C
  .. "ports[1].name")
check("a port by both protocols", container "ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]")
check("a port twice", container "ports: [{containerPort: 1}, {containerPort: 1, protocol: TCP}]", "duplicate-port @ " .. C
  .. "ports[1].containerPort")
check("ports that are none", container "ports: [{containerPort: x}, 1]", "type @ " .. C .. "ports[0].containerPort", "type @ " .. C
  .. "ports[1]")

local function init(fields) return pod("initContainers: [{name: a, image: i, " .. fields .. "}], containers: [{name: c, image: i}]") end
local PROBE = "{exec: {command: [a]}}"
check("an init container with probes", init("livenessProbe: " .. PROBE .. ", readinessProbe: " .. PROBE .. ", startupProbe: " .. PROBE
  .. ", lifecycle: {preStop: " .. PROBE .. "}"),
  "init-container @ spec.initContainers[0].lifecycle", "init-container @ spec.initContainers[0].livenessProbe",
  "init-container @ spec.initContainers[0].readinessProbe", "init-container @ spec.initContainers[0].startupProbe")
check("a sidecar with probes", init("restartPolicy: Always, livenessProbe: " .. PROBE))
check("an init container with another policy", init "restartPolicy: Never",
  "container-restart-policy @ spec.initContainers[0].restartPolicy: must be Always")
check("a container with a policy", container "restartPolicy: Always", "container-restart-policy @ " .. C
  .. "restartPolicy: only init containers")
check("a container with rules of restarting", container("restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: "
  .. "{operator: In, values: [1]}}]"))

-- --- environment

check("variables that are fine", container [[env: [{name: a, value: b}, {name: c}, {name: d, value: '',
  valueFrom: {fieldRef: {fieldPath: metadata.name}}},
  {name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}], envFrom: [{configMapRef: {name: m}}, {secretRef: {name: s}}] ]])
check("value and source", container "env: [{name: a, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", "env-source @ " .. C
  .. "env[0].valueFrom: exclude")
check("no source", container "env: [{name: a, valueFrom: {}}]", "env-source @ " .. C .. "env[0].valueFrom: must name a source")
check("two sources", container "env: [{name: a, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}}]",
  "env-source @ " .. C .. "env[0].valueFrom.secretKeyRef: has fieldRef already")
check("nothing to take variables from", container "envFrom: [{prefix: A}]", "env-source @ " .. C .. "envFrom[0]: exactly one")
check("two things to take variables from", container "envFrom: [{configMapRef: {name: a}, secretRef: {name: b}}]", "env-source @ " .. C
  .. "envFrom[0].secretRef")

local function field(text) return container("env: [{name: a, valueFrom: {fieldRef: {" .. text .. "}}}]") end
local AT = C .. "env[0].valueFrom.fieldRef."
for _, path in ipairs { "status.podIPs", "spec.nodeName", "\"metadata.labels['a']\"", "\"metadata.annotations['Example.com/a']\"" } do
  check("a field for a variable: " .. path, field("apiVersion: v1, fieldPath: " .. path))
end
for _, path in ipairs { "metadata.labels", "spec.restartPolicy", "\"metadata.labels['']\"", "\"metadata.labels['-a']\"",
  "\"metadata.labels['" .. ("a"):rep(64) .. "']\"" } do
  check("no field for a variable: " .. path, field("fieldPath: " .. path), "field-path @ " .. AT .. "fieldPath")
end
check("a field's version", field "apiVersion: v2, fieldPath: metadata.name", "field-path @ " .. AT .. "apiVersion: must be v1")

local function resource(text) return container("env: [{name: a, valueFrom: {resourceFieldRef: {" .. text .. "}}}]") end
AT = C .. "env[0].valueFrom.resourceFieldRef."
for _, text in ipairs { "resource: limits.cpu", "resource: limits.cpu, divisor: 1m", "resource: requests.memory, divisor: 1Mi",
  "resource: limits.memory, divisor: 1000", "resource: limits.ephemeral-storage, divisor: 0",
  "resource: limits.hugepages-2Mi" } do check("a resource for a variable: " .. text, resource(text)) end
check("no resource", resource "resource: limits.pods", "resource-field @ " .. AT .. "resource")
check("no limit and no request", resource "resource: cpu", "resource-field @ " .. AT .. "resource")
check("a divisor of processors", resource "resource: limits.cpu, divisor: 1k", "resource-field @ " .. AT .. "divisor: 1 or 1m")
check("a divisor of bytes", resource "resource: limits.memory, divisor: 2Mi", "resource-field @ " .. AT .. "divisor: with a suffix")

local function files(items)
  return pod("volumes: [{name: v, downwardAPI: {items: [" .. items .. "]}}, {name: w, projected: {sources: [{downwardAPI: {items: ["
    .. items .. "]}}]}}], "
    .. "containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /w}]}]")
end
check("fields as files", files("{path: a, fieldRef: {fieldPath: metadata.labels}}, {path: b, resourceFieldRef: {containerName: c, "
  .. "resource: limits.cpu}}"))
check("fields that files cannot have", files "{path: a, fieldRef: {fieldPath: status.podIP}}",
  "field-path @ spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath",
  "field-path @ spec.volumes[1].projected.sources[0].downwardAPI.items[0].fieldRef.fieldPath")
check("resources as files need their container", files "{path: a, resourceFieldRef: {resource: limits.cpu}}",
  "resource-field @ spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName",
  "resource-field @ spec.volumes[1].projected.sources[0].downwardAPI.items[0].resourceFieldRef.containerName")
