-- Tests of host.lua: namespaces, ports, probes, Windows' HostProcess.

test "namespaces of the host are found, each by itself" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          hostNetwork: true
          hostPID: false
          hostIPC: true
          containers: [{name: c, image: i}]
]],
  expect = {
    "pod-security/host-namespaces @ spec.jobTemplate.spec.template.spec.hostNetwork: the host's network",
    "pod-security/host-namespaces @ spec.jobTemplate.spec.template.spec.hostIPC: the host's IPC",
  },
}

test "namespaces of its own are fine, said or not" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {hostNetwork: false, hostPID: null, hostIPC: "true", containers: [{name: c, image: i}]}
]],
  expect = {},
}

test "ports of the host are found in all kinds of containers" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  initContainers:
  - {name: first, image: i, ports: [{containerPort: 1, hostPort: 1}]}
  containers:
  - {name: main, image: i, ports: [{containerPort: 2}, {containerPort: 3, hostPort: 3}]}
  ephemeralContainers:
  - {image: i, ports: [{containerPort: 4, hostPort: 4}]}
]],
  expect = {
    'pod-security/host-ports @ spec.initContainers[0].ports[0].hostPort: init container "first" takes port 1',
    'pod-security/host-ports @ spec.containers[0].ports[1].hostPort: container "main" takes port 3',
    "pod-security/host-ports @ spec.ephemeralContainers[0].ports[0].hostPort: ephemeralContainers[0] takes port 4",
  },
}

test "port 0 is no port, and a text is another rule's business" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 1, hostPort: 0}, {hostPort: null}, {hostPort: "80"}, 80]}]}
]],
  expect = {},
}

local PROBES = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: main
    image: i
    livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}
    readinessProbe: {tcpSocket: {host: elsewhere, port: 80}}
    startupProbe: {httpGet: {host: "", port: 80}}
    lifecycle:
      postStart: {httpGet: {host: 127.0.0.1, port: 80}}
      preStop: {tcpSocket: {host: localhost, port: 80}}
]]

test "hosts of probes and hooks are found" {
  policies = { "pod-security/baseline" },
  options = { ["pod-security.version"] = "v1.34" },
  input = PROBES,
  expect = {
    'pod-security/host-probes @ spec.containers[0].livenessProbe.httpGet.host: container "main" sends its livenessProbe to another',
    "pod-security/host-probes @ spec.containers[0].readinessProbe.tcpSocket.host: elsewhere",
    "pod-security/host-probes @ spec.containers[0].lifecycle.postStart.httpGet.host: postStart",
    "pod-security/host-probes @ spec.containers[0].lifecycle.preStop.tcpSocket.host: preStop",
  },
}

test "hosts of probes were nobody's business before v1.34" {
  policies = { "pod-security/baseline" },
  options = { ["pod-security.version"] = "v1.33" },
  input = PROBES,
  expect = {},
}

test "a host among the headers of a probe is fine" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: i, livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Host, value: b}]}}, readinessProbe: ok, lifecycle: []}
]],
  expect = {},
}

test "processes of the Windows host are found in the Pod and in containers" {
  policies = { "pod-security/baseline" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {windowsOptions: {hostProcess: true}}
  containers:
  - {name: one, image: i, securityContext: {windowsOptions: {hostProcess: true}}}
  - {name: two, image: i, securityContext: {windowsOptions: {hostProcess: false, runAsUserName: ContainerUser}}}
]],
  expect = {
    "pod-security/windows-host-process @ spec.securityContext.windowsOptions.hostProcess: the Pod runs as",
    'pod-security/windows-host-process @ spec.containers[0].securityContext.windowsOptions.hostProcess: container "one"',
  },
}
