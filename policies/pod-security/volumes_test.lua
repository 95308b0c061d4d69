-- Tests of volumes.lua, and of how the levels share its rules.

local VOLUMES = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - {name: c, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
  volumes:
  - {name: one, hostPath: {path: /var/run}}
  - {name: two, nfs: {server: storage, path: /}}
  - {name: three, emptyDir: {}}
  - {name: four, emptyDir: null}
  - {name: five, image: {reference: it}}
]]

test "at the baseline level, paths of the host alone are found" {
  policies = { "pod-security/baseline" },
  input = VOLUMES,
  expect = { 'pod-security/host-path @ spec.volumes[0].hostPath: the volume "one"' },
}

local RESTRICTED = {
  'pod-security/host-path @ spec.volumes[0].hostPath: the volume "one"',
  'pod-security/volume-types @ spec.volumes[1].nfs: the volume "two" is of type nfs',
  'pod-security/volume-types @ spec.volumes[3]: the volume "four" is of no type',
}

test "at the restricted level, all types that are not allowed are found" {
  policies = { "pod-security/restricted" },
  input = VOLUMES,
  expect = RESTRICTED,
}

test "with both levels, nothing is found twice" {
  policies = { "pod-security/baseline", "pod-security/restricted" },
  input = VOLUMES,
  expect = RESTRICTED,
}

test "a volume that is a path of the host and something else is refused by baseline only" {
  policies = { "pod-security/restricted" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers: []
  volumes: [{name: one, hostPath: {path: /}, emptyDir: {}}]
]],
  expect = {},
}

test "all types that Kubernetes keeps itself are fine" {
  policies = { "pod-security/restricted" },
  options = { ["pod-security.version"] = "v1.0" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: c, image: i}]
  volumes:
  - {name: a, configMap: {name: a}}
  - {name: b, csi: {driver: a}}
  - {name: c, downwardAPI: {}}
  - {name: d, emptyDir: {}}
  - {name: e, ephemeral: {}}
  - {name: f, image: {}}
  - {name: g, persistentVolumeClaim: {claimName: a}}
  - {name: h, projected: {}}
  - {name: i, secret: {secretName: a}}
]],
  expect = {},
}

test "volumes that are none are passed over" {
  policies = { "pod-security/restricted" },
  input = [[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers: []
  volumes: [null, text, 1]
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, volumes: all}
---
apiVersion: v1
kind: Pod
metadata: {name: c}
---
apiVersion: v1
kind: Pod
metadata: {name: d}
spec: nothing
]],
  expect = {},
}
