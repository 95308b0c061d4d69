-- Tests of privileges.lua: privileged containers, capabilities, privilege escalation, root.

-- A Pod that the restricted level admits, but for what a test writes into its containers and beside them.
local function pod(fields, container, context)
  return ([[
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  %s
  securityContext: {%s}
  containers:
  - {name: main, image: i, securityContext: {%s}}
]]):format(fields, context, container)
end

local RESTRICTED = { "pod-security/restricted" }
local CONTEXT = "runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}"
local CONTAINER = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}"

test "a privileged container is found at both levels" {
  policies = { "pod-security/baseline", "pod-security/restricted" },
  input = pod("", CONTAINER .. ", privileged: true", CONTEXT),
  expect = { 'pod-security/privileged @ spec.containers[0].securityContext.privileged: container "main" is privileged' },
}

test "a container that is not privileged is fine" {
  policies = RESTRICTED,
  input = pod("", CONTAINER .. ", privileged: false", CONTEXT),
  expect = {},
}

test "privilege escalation that is allowed is found" {
  policies = RESTRICTED,
  input = pod("", "allowPrivilegeEscalation: true, capabilities: {drop: [ALL]}", CONTEXT),
  expect = { "pod-security/allow-privilege-escalation @ spec.containers[0].securityContext.allowPrivilegeEscalation: is true" },
}

test "privilege escalation that nothing forbids is found" {
  policies = RESTRICTED,
  input = pod("", "capabilities: {drop: [ALL]}", CONTEXT),
  expect = { "pod-security/allow-privilege-escalation @ spec.containers[0].securityContext.allowPrivilegeEscalation: is not set" },
}

for version, expected in pairs {
  ["v1.7"] = {}, ["v1.8"] = { "pod-security/allow-privilege-escalation @ spec.containers[0].securityContext.allowPrivilegeEscalation" },
} do
  test("privilege escalation is judged from v1.8 on: " .. version) {
    policies = RESTRICTED,
    options = { ["pod-security.version"] = version },
    input = pod("", "", CONTEXT),
    expect = expected,
  }
end

test "a Pod for Windows needs none of what Windows does not have, from v1.25 on" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.25" },
  input = pod("os: {name: windows}", "", "runAsNonRoot: true"),
  expect = {},
}

test "a Pod for Windows was judged as others in v1.24" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.24" },
  input = pod("os: {name: windows}", "", "runAsNonRoot: true"),
  expect = {
    "pod-security/allow-privilege-escalation @ spec.containers[0].securityContext.allowPrivilegeEscalation",
    "pod-security/capabilities @ spec.containers[0].securityContext.capabilities.drop",
    "pod-security/seccomp-profile @ spec.containers[0].securityContext.seccompProfile",
  },
}

test "at the baseline level, the usual capabilities may be added and others not" {
  policies = { "pod-security/baseline" },
  input = pod("", "capabilities: {add: [CHOWN, NET_RAW, SYS_CHROOT, chown]}", CONTEXT),
  expect = {
    'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.add[1]: container "main" adds the capability "NET_RAW"',
    'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.add[3]: "chown"',
  },
}

test "at the restricted level, NET_BIND_SERVICE alone may be added" {
  policies = RESTRICTED,
  input = pod("", "allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, CHOWN]}", CONTEXT),
  expect = { 'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.add[1]: "CHOWN"' },
}

test "before v1.22, the restricted level asked for no more than baseline" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.21" },
  input = pod("", "allowPrivilegeEscalation: false, capabilities: {add: [CHOWN, SYS_TIME]}", CONTEXT),
  expect = { 'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.add[1]: "SYS_TIME"' },
}

test "at the restricted level, ALL must be dropped by this very name" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.22" },
  input = pod("", "allowPrivilegeEscalation: false, capabilities: {drop: [all, NET_RAW]}", CONTEXT),
  expect = { 'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.drop: container "main" does not drop all' },
}

test "with both levels, a capability is found once" {
  policies = { "pod-security/restricted", "pod-security/baseline" },
  input = pod("", "allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [SYS_ADMIN]}", CONTEXT),
  expect = { 'pod-security/capabilities @ spec.containers[0].securityContext.capabilities.add[0]: "SYS_ADMIN"' },
}

test "root is found where the Pod or a container lets it in" {
  policies = RESTRICTED,
  input = pod("", CONTAINER .. ", runAsNonRoot: false", "runAsNonRoot: false, seccompProfile: {type: RuntimeDefault}"),
  expect = {
    "pod-security/run-as-non-root @ spec.securityContext.runAsNonRoot: the Pod may run as root",
    'pod-security/run-as-non-root @ spec.containers[0].securityContext.runAsNonRoot: container "main" may run as root',
  },
}

test "root is found in a container when neither it nor the Pod keeps it out" {
  policies = RESTRICTED,
  input = pod("", CONTAINER, "seccompProfile: {type: RuntimeDefault}"),
  expect = { "pod-security/run-as-non-root @ spec.containers[0].securityContext.runAsNonRoot: neither it nor the Pod" },
}

test "a container's own word is enough" {
  policies = RESTRICTED,
  input = pod("", CONTAINER .. ", runAsNonRoot: true", "seccompProfile: {type: RuntimeDefault}"),
  expect = {},
}

test "a Pod that says false is found even where its containers all say true" {
  policies = RESTRICTED,
  input = pod("", CONTAINER .. ", runAsNonRoot: true", "runAsNonRoot: false, seccompProfile: {type: RuntimeDefault}"),
  expect = { "pod-security/run-as-non-root @ spec.securityContext.runAsNonRoot" },
}

local ROOT = pod("hostUsers: false", CONTAINER .. ", runAsUser: 0", "runAsUser: 0, seccompProfile: {type: RuntimeDefault}")

test "root in a user namespace of its own is fine from v1.35 on" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.35" },
  input = ROOT,
  expect = {},
}

test "root in a user namespace of its own was root in v1.34" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.34" },
  input = ROOT,
  expect = {
    "pod-security/run-as-non-root @ spec.containers[0].securityContext.runAsNonRoot",
    "pod-security/run-as-user @ spec.securityContext.runAsUser: the Pod runs as root",
    'pod-security/run-as-user @ spec.containers[0].securityContext.runAsUser: container "main" runs as root',
  },
}

test "the user's number did not matter before v1.23" {
  policies = RESTRICTED,
  options = { ["pod-security.version"] = "v1.22" },
  input = pod("", CONTAINER .. ", runAsUser: 0", CONTEXT),
  expect = {},
}

test "other users are fine" {
  policies = RESTRICTED,
  input = pod("", CONTAINER .. ", runAsUser: 1", CONTEXT .. ", runAsUser: 1000, runAsGroup: 0"),
  expect = {},
}

test "fields of the wrong type are passed over" {
  policies = RESTRICTED,
  input = pod("hostUsers: []\n  os: 5",
    'allowPrivilegeEscalation: "no", privileged: 1, capabilities: {drop: 5, add: 6}, runAsNonRoot: x, runAsUser: "0"', CONTEXT) .. [[
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec:
  securityContext: nothing
  initContainers: {a: b}
  containers: [5, null, {name: 5, securityContext: none}]
]],
  expect = {},
}
