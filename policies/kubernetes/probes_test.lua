-- Probes and lifecycle hooks.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function container(fields, rest)
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" .. (rest or "")
    .. "containers: [{name: c, image: i, ports: [{containerPort: 80, name: http}], " .. fields .. "}]}\n"
end
local C = "spec.containers[0]."

check("probes that are fine", container("livenessProbe: {httpGet: {port: http}, successThreshold: 1}, readinessProbe: {grpc: {port: 1}, "
  .. "successThreshold: 3}, startupProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 5}"))
check("a probe of nothing", container "livenessProbe: {periodSeconds: 1}", "probe-handler @ " .. C
  .. "livenessProbe: must have one of exec")
check("a probe of two things", container "readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}", "probe-handler @ " .. C
  .. "readinessProbe.tcpSocket: has exec already")
check("hooks that are fine", container "lifecycle: {postStart: {exec: {command: [a]}}, preStop: {sleep: {seconds: 30}}}")
check("a hook of nothing", container "lifecycle: {preStop: {}}", "probe-handler @ " .. C .. "lifecycle.preStop")
check("a hook of two things", container "lifecycle: {postStart: {exec: {command: [a]}, sleep: {seconds: 1}}}", "probe-handler @ " .. C
  .. "lifecycle.postStart.sleep")
check("thresholds", container("livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}, startupProbe: {tcpSocket: {port: 1}, "
  .. "successThreshold: 2}"),
  "probe-threshold @ " .. C .. "livenessProbe.successThreshold", "probe-threshold @ " .. C .. "startupProbe.successThreshold")
check("the grace period of a readiness probe", container "readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 5}",
  "probe-grace-period @ " .. C .. "readinessProbe.terminationGracePeriodSeconds")
check("a port of another name", container "livenessProbe: {tcpSocket: {port: web}}", "probe-port @ " .. C .. "livenessProbe.tcpSocket.port")
check("a sleep that is too long", container "lifecycle: {preStop: {sleep: {seconds: 31}}}", "sleep-hook @ " .. C
  .. "lifecycle.preStop.sleep.seconds: at most 30")
check("a sleep in a longer grace period", container("lifecycle: {preStop: {sleep: {seconds: 31}}}", "terminationGracePeriodSeconds: 60, "))
