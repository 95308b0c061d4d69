-- Tests of profiles.lua: AppArmor, SELinux, seccomp, /proc, sysctls; and of the versions that change them.

local BASELINE, RESTRICTED = { "pod-security/baseline" }, { "pod-security/restricted" }

-- A Pod that the restricted level admits, but for the contexts that a test gives the Pod and its container.
local function pod(context, container, annotations, fields)
  return ([[
apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {%s}}
spec:
  %s
  securityContext: {runAsNonRoot: true, %s}
  containers:
  - {name: main, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, %s}}
]]):format(annotations or "", fields or "", context, container or "")
end

local SECCOMP = "seccompProfile: {type: RuntimeDefault}"

local function version(minor) return { ["pod-security.version"] = "v1." .. minor } end

test "AppArmor profiles other than the runtime's and the node's are found" {
  policies = BASELINE,
  input = pod("appArmorProfile: {type: Unconfined}", "appArmorProfile: {localhostProfile: x}"),
  expect = {
    'pod-security/apparmor-profile @ spec.securityContext.appArmorProfile.type: the Pod has the AppArmor profile "Unconfined"',
    'pod-security/apparmor-profile @ spec.containers[0].securityContext.appArmorProfile.type: container "main" has the AppArmor profile of',
  },
}

test "AppArmor profiles of the runtime and of the node are fine" {
  policies = BASELINE,
  input = pod("appArmorProfile: {type: RuntimeDefault}", "appArmorProfile: {type: Localhost, localhostProfile: x}"),
  expect = {},
}

test "AppArmor annotations are judged in the template, for any name" {
  policies = BASELINE,
  input = [[
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, annotations: {container.apparmor.security.beta.kubernetes.io/main: unconfined}}
spec:
  template:
    metadata:
      annotations:
        container.apparmor.security.beta.kubernetes.io/main: unconfined
        container.apparmor.security.beta.kubernetes.io/other: localhost/mine
        container.apparmor.security.beta.kubernetes.io/gone: ""
        container.apparmor.security.beta.kubernetes.io/more: 5
    spec: {containers: [{name: main, image: i}]}
]],
  expect = {
    'pod-security/apparmor-profile @ spec.template.metadata.annotations["container.apparmor.security.beta.kubernetes.io/main"]: unconfined',
  },
}

test "SELinux types that are not for containers are found, and any user and role" {
  policies = BASELINE,
  input = pod("seLinuxOptions: {type: spc_t, level: s0}", "seLinuxOptions: {user: u, role: r, type: container_t}"),
  expect = {
    'pod-security/selinux-options @ spec.securityContext.seLinuxOptions.type: the Pod asks for the SELinux type "spc_t"',
    'pod-security/selinux-options @ spec.containers[0].securityContext.seLinuxOptions.user: SELinux user "u"',
    'pod-security/selinux-options @ spec.containers[0].securityContext.seLinuxOptions.role: SELinux role "r"',
  },
}

test "empty SELinux options are fine" {
  policies = BASELINE,
  input = pod('seLinuxOptions: {type: "", user: "", role: null}', "seLinuxOptions: {}"),
  expect = {},
}

test "the SELinux type container_engine_t was not there in v1.30" {
  policies = BASELINE,
  options = version(30),
  input = pod("seLinuxOptions: {type: container_engine_t}"),
  expect = { "pod-security/selinux-options @ spec.securityContext.seLinuxOptions.type" },
}

test "the SELinux type container_engine_t is allowed from v1.31 on" {
  policies = BASELINE,
  options = version(31),
  input = pod("seLinuxOptions: {type: container_engine_t}"),
  expect = {},
}

local UNMASKED = pod(SECCOMP, "procMount: Unmasked", nil, "hostUsers: false")
local PROC = { 'pod-security/proc-mount @ spec.containers[0].securityContext.procMount: container "main" takes the masks off /proc' }

test "an unmasked /proc is found" { policies = BASELINE, input = pod(SECCOMP, "procMount: Unmasked"), expect = PROC }
test "an empty procMount is not the default one" { policies = BASELINE, input = pod(SECCOMP, 'procMount: ""'), expect = PROC }
test "a masked /proc is fine" { policies = RESTRICTED, input = pod(SECCOMP, "procMount: Default"), expect = {} }
test "in v1.34 a user namespace does not matter to /proc" { policies = BASELINE, options = version(34), input = UNMASKED, expect = PROC }
test "from v1.35 on baseline lets it unmask" { policies = BASELINE, options = version(35), input = UNMASKED, expect = {} }
test "restricted does not" { policies = RESTRICTED, options = version(35), input = UNMASKED, expect = PROC }
test "both levels find it once" { policies = { BASELINE[1], RESTRICTED[1] }, options = version(34), input = UNMASKED, expect = PROC }

test "seccomp that is switched off is found" {
  policies = BASELINE,
  input = pod("seccompProfile: {type: Unconfined}", "seccompProfile: {}"),
  expect = {
    'pod-security/seccomp-profile @ spec.securityContext.seccompProfile.type: the Pod has the seccomp profile "Unconfined"',
    'pod-security/seccomp-profile @ spec.containers[0].securityContext.seccompProfile.type: container "main" has the seccomp profile of',
  },
}

test "a seccomp profile that is not there is found at the restricted level" {
  policies = { BASELINE[1], RESTRICTED[1] },
  input = pod("", ""),
  expect = { "pod-security/seccomp-profile @ spec.containers[0].securityContext.seccompProfile: neither it nor the Pod" },
}

test "a container's own seccomp profile is enough" {
  policies = RESTRICTED,
  input = pod("", "seccompProfile: {type: Localhost, localhostProfile: x}"),
  expect = {},
}

test "a Pod's bad seccomp profile is one finding, not one a container" {
  policies = RESTRICTED,
  input = pod("seccompProfile: {type: Unconfined}", ""),
  expect = { "pod-security/seccomp-profile @ spec.securityContext.seccompProfile.type" },
}

local ANNOTATED = pod("", "", "seccomp.security.alpha.kubernetes.io/pod: unconfined, "
  .. "container.seccomp.security.alpha.kubernetes.io/main: '', container.seccomp.security.alpha.kubernetes.io/other: unconfined")

test "before v1.19 the annotations of seccomp count, for containers that there are" {
  policies = RESTRICTED,
  options = version(18),
  input = ANNOTATED,
  expect = {
    'pod-security/seccomp-profile @ metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]: the Pod is "unconfined"',
    'pod-security/seccomp-profile @ metadata.annotations["container.seccomp.security.alpha.kubernetes.io/main"]: container "main" is ""',
  },
}

test "from v1.19 on the annotations of seccomp do not count" { policies = BASELINE, options = version(19), input = ANNOTATED, expect = {} }

test "annotations of seccomp with the usual profiles are fine" {
  policies = RESTRICTED,
  options = version(18),
  input = pod("", "", "seccomp.security.alpha.kubernetes.io/pod: docker/default, "
    .. "container.seccomp.security.alpha.kubernetes.io/main: localhost/x"),
  expect = {},
}

test "sysctls that reach beyond the Pod are found" {
  policies = BASELINE,
  input = pod("sysctls: [{name: kernel.shm_rmid_forced, value: '1'}, {name: kernel.sem, value: '1'}, {value: '1'}, text]"),
  expect = {
    'pod-security/sysctls @ spec.securityContext.sysctls[1].name: the Pod sets the sysctl "kernel.sem"',
    'pod-security/sysctls @ spec.securityContext.sysctls[2].name: ""',
  },
}

for _, row in ipairs { { 27, "net.ipv4.ip_local_reserved_ports" }, { 29, "net.ipv4.tcp_fin_timeout" }, { 32, "net.ipv4.tcp_rmem" },
  { 37, "net.ipv4.tcp_notsent_lowat" } } do
  local since, name = row[1], row[2]
  test(("the sysctl %s is allowed from v1.%d on"):format(name, since)) {
    policies = BASELINE,
    options = version(since),
    input = pod(("sysctls: [{name: %s, value: '1'}]"):format(name)),
    expect = {},
  }
  test(("the sysctl %s was not allowed before v1.%d"):format(name, since)) {
    policies = BASELINE,
    options = version(since - 1),
    input = pod(("sysctls: [{name: %s, value: '1'}]"):format(name)),
    expect = { "pod-security/sysctls @ spec.securityContext.sysctls[0].name" },
  }
end
