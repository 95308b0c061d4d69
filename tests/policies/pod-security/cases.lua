-- Ways to write a Pod, and the versions of the Pod Security Standards that refuse it.
--
-- Each row changes a Pod that both levels admit in all versions (run.lua has it): pairs of a path below spec (or metadata) and what to
-- write there. `baseline` and `restricted` are the versions that refuse the result: "0-" all, "19-34" those, nil none. What is refused
-- is found under the rule of the row, and under no other.
local NULL, EMPTY, GONE = {}, {}, {}   -- null, an empty list, and nothing at all

local AA = 'metadata.annotations.["container.apparmor.security.beta.kubernetes.io/%s"]'
local SC = 'metadata.annotations.["container.seccomp.security.alpha.kubernetes.io/%s"]'
local SP = 'metadata.annotations.["seccomp.security.alpha.kubernetes.io/pod"]'

local rows, rule = {}, nil

local function about(name) rule = name end
local function case(baseline, restricted, ...) rows[#rows + 1] = { rule = rule, baseline = baseline, restricted = restricted, ... } end
local function refused(...) case("0-", "0-", ...) end
local function fine(...) case(nil, nil, ...) end

-- The same for a container of each list, and for the Pod where the field is there too.
local CONTAINERS = { "initContainers.0", "containers.0", "containers.1", "ephemeralContainers.0" }
local function in_containers(make, path, ...)
  for _, container in ipairs(CONTAINERS) do make(container .. "." .. path, ...) end
end
local function everywhere(make, path, ...)
  make(path, ...)
  in_containers(make, path, ...)
end

about "host-namespaces"
for _, field in ipairs { "hostNetwork", "hostPID", "hostIPC" } do
  refused(field, true)
  fine(field, false)
  fine(field, NULL)
  fine(field, "true")
end
refused("hostNetwork", true, "hostPID", true, "hostIPC", true)

about "privileged"
in_containers(refused, "securityContext.privileged", true)
in_containers(fine, "securityContext.privileged", false)
in_containers(fine, "securityContext.privileged", NULL)
fine("containers.0.securityContext.privileged", "yes")
fine("securityContext.privileged", true)   -- a Pod has no such field

about "capabilities"
for _, name in ipairs { "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP",
  "SETUID", "SYS_CHROOT" } do
  case(nil, "22-", "containers.0.securityContext.capabilities.add", { name })
end
for _, name in ipairs { "NET_RAW", "SYS_ADMIN", "ALL", "chown", "CAP_CHOWN", "net_bind_service", "", NULL } do
  refused("containers.0.securityContext.capabilities.add", { name })
end
in_containers(refused, "securityContext.capabilities.add", { "NET_BIND_SERVICE", "NET_ADMIN" })
in_containers(fine, "securityContext.capabilities.add", { "NET_BIND_SERVICE" })
in_containers(function(...) case(nil, "22-", ...) end, "securityContext.capabilities.drop", GONE)
for _, drop in ipairs { EMPTY, NULL, { "all" }, { "NET_RAW" }, { "CAP_ALL" } } do
  case(nil, "22-", "containers.0.securityContext.capabilities.drop", drop)
end
case(nil, "22-", "containers.0.securityContext.capabilities", GONE)
case(nil, "22-", "containers.0.securityContext.capabilities", NULL)
case(nil, "22-", "containers.0.securityContext.capabilities", { add = EMPTY })
case(nil, "22-24", "containers.0.securityContext.capabilities", GONE, "os.name", "windows")
case("0-", "0-24", "containers.0.securityContext.capabilities.add", { "SYS_TIME" }, "os.name", "windows")
case(nil, "22-", "containers.0.securityContext.capabilities", GONE, "os.name", "linux")
case(nil, "22-", "containers.0.securityContext.capabilities", GONE, "os.name", "Windows")
case(nil, "22-", "containers.0.securityContext.capabilities", GONE, "hostUsers", false)
fine("containers.0.securityContext.capabilities.add", EMPTY)
fine("containers.0.securityContext.capabilities.add", NULL)
fine("containers.0.securityContext.capabilities.add", "SYS_ADMIN")
fine("containers.0.securityContext.capabilities.drop", { "NET_RAW", "ALL" })
fine("containers.0.securityContext.capabilities.drop", "NET_RAW")

about "host-path"
refused("volumes", { { name = "v", hostPath = { path = "/" } } })
refused("volumes", { { name = "a", emptyDir = {} }, { name = "v", hostPath = {} } })
case("0-", nil, "volumes", { { name = "v", hostPath = { path = "/" }, emptyDir = {} } })
fine("volumes", { { name = "v", hostPath = NULL, emptyDir = {} } })
fine("volumes", EMPTY)

about "host-ports"
in_containers(refused, "ports", { { containerPort = 80, hostPort = 8080 } })
in_containers(fine, "ports", { { containerPort = 80, hostPort = 0 } })
refused("containers.0.ports", { { containerPort = 80 }, { containerPort = 81, hostPort = 81 } })
refused("containers.0.ports", { { containerPort = 80, hostPort = -1 } })
fine("containers.0.ports", { { containerPort = 80 } })
fine("containers.0.ports", { { containerPort = 80, hostPort = NULL } })
fine("containers.0.ports", { { containerPort = 80, hostPort = "8080" } })

about "apparmor-profile"
everywhere(refused, "securityContext.appArmorProfile.type", "Unconfined")
everywhere(fine, "securityContext.appArmorProfile.type", "RuntimeDefault")
everywhere(fine, "securityContext.appArmorProfile", { type = "Localhost", localhostProfile = "mine" })
everywhere(refused, "securityContext.appArmorProfile", { localhostProfile = "mine" })
for _, kind in ipairs { "", "runtimeDefault", "runtime/default", "localhost", NULL } do
  refused("securityContext.appArmorProfile", { type = kind })
end
fine("securityContext.appArmorProfile", NULL)
fine("securityContext.appArmorProfile", "Unconfined")
for _, value in ipairs { "unconfined", "Runtime/default", "docker/default", "localhost", " runtime/default", "runtime/default2" } do
  refused(AA:format "main", value)
end
for _, value in ipairs { "runtime/default", "localhost/mine", "localhost/", "" } do fine(AA:format "main", value) end
refused(AA:format "no-such-container", "unconfined")
refused(AA:format "", "unconfined")
fine('metadata.annotations.["apparmor.security.beta.kubernetes.io/main"]', "unconfined")
fine('metadata.labels.["container.apparmor.security.beta.kubernetes.io/main"]', "unconfined")

about "selinux-options"
for _, kind in ipairs { "container_t", "container_init_t", "container_kvm_t", "" } do
  everywhere(fine, "securityContext.seLinuxOptions.type", kind)
end
everywhere(function(...) case("0-30", "0-30", ...) end, "securityContext.seLinuxOptions.type", "container_engine_t")
for _, kind in ipairs { "spc_t", "unconfined_t", "Container_t", "container_T" } do
  everywhere(refused, "securityContext.seLinuxOptions.type", kind)
end
for _, field in ipairs { "user", "role" } do
  everywhere(refused, "securityContext.seLinuxOptions." .. field, "system_u")
  everywhere(fine, "securityContext.seLinuxOptions." .. field, "")
end
everywhere(fine, "securityContext.seLinuxOptions.level", "s0:c1,c2")
fine("securityContext.seLinuxOptions", { ["type"] = NULL, user = NULL })
fine("securityContext.seLinuxOptions", NULL)

about "proc-mount"
in_containers(refused, "securityContext.procMount", "Unmasked")
in_containers(fine, "securityContext.procMount", "Default")
in_containers(fine, "securityContext.procMount", NULL)
for _, value in ipairs { "", "default", "Other" } do refused("containers.0.securityContext.procMount", value) end
for _, container in ipairs(CONTAINERS) do
  case("0-34", "0-", container .. ".securityContext.procMount", "Unmasked", "hostUsers", false)
  refused(container .. ".securityContext.procMount", "Unmasked", "hostUsers", true)
end
refused("containers.0.securityContext.procMount", "Unmasked", "hostUsers", NULL)
refused("containers.0.securityContext.procMount", "Unmasked", "hostUsers", "false")
fine("containers.0.securityContext.procMount", "Default", "hostUsers", false)

about "seccomp-profile"
everywhere(function(...) case("19-", "19-", ...) end, "securityContext.seccompProfile.type", "Unconfined")
everywhere(fine, "securityContext.seccompProfile.type", "RuntimeDefault")
everywhere(fine, "securityContext.seccompProfile", { type = "Localhost", localhostProfile = "mine.json" })
in_containers(function(...) case("19-", "19-", ...) end, "securityContext.seccompProfile", { localhostProfile = "mine.json" })
for _, kind in ipairs { "", "runtime/default", "localhost", "runtimedefault" } do
  case("19-", "19-", "containers.0.securityContext.seccompProfile.type", kind)
end
case(nil, "19-", "securityContext.seccompProfile", GONE)
case(nil, "19-", "securityContext.seccompProfile", NULL)
case("19-", "19-", "securityContext.seccompProfile", { type = NULL })
case(nil, "19-24", "securityContext.seccompProfile", GONE, "os.name", "windows")
case("19-", "19-24", "securityContext.seccompProfile.type", "Unconfined", "os.name", "windows")
case(nil, "19-", "securityContext.seccompProfile", GONE, "hostUsers", false)
do
  local each = { "securityContext.seccompProfile", GONE }
  for _, container in ipairs(CONTAINERS) do
    each[#each + 1] = container .. ".securityContext.seccompProfile"
    each[#each + 1] = { type = "RuntimeDefault" }
  end
  fine(table.unpack(each))
  each[#each] = GONE
  case(nil, "19-", table.unpack(each))
end
for _, value in ipairs { "unconfined", "", "localhost", "Runtime/default", "docker/default2" } do
  case("0-18", "0-18", SP, value)
  for _, name in ipairs { "main", "other", "first", "debug" } do case("0-18", "0-18", SC:format(name), value) end
end
for _, value in ipairs { "runtime/default", "docker/default", "localhost/mine.json", "localhost/" } do
  fine(SP, value)
  fine(SC:format "main", value)
end
fine(SC:format "no-such-container", "unconfined")
fine(SC:format "", "unconfined")

about "sysctls"
local function sysctl(name) return "securityContext.sysctls", { { name = name, value = "1" } } end
for _, name in ipairs { "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start" } do
  fine(sysctl(name))
end
for versions, names in pairs {
  ["0-26"] = { "net.ipv4.ip_local_reserved_ports" },
  ["0-28"] = { "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes" },
  ["0-31"] = { "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem" },
  ["0-36"] = { "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat" },
  ["0-"] = { "kernel.msgmax", "net.core.somaxconn", "net/ipv4/tcp_syncookies", "NET.ipv4.tcp_syncookies", "", NULL },
} do
  for _, name in ipairs(names) do case(versions, versions, sysctl(name)) end
end
refused("securityContext.sysctls", { { name = "net.ipv4.tcp_syncookies" }, { name = "kernel.sem" } })
fine("securityContext.sysctls", EMPTY)
fine("containers.0.securityContext.sysctls", { { name = "kernel.sem" } })   -- a container has no such field

about "windows-host-process"
everywhere(refused, "securityContext.windowsOptions.hostProcess", true)
everywhere(fine, "securityContext.windowsOptions.hostProcess", false)
everywhere(fine, "securityContext.windowsOptions.hostProcess", NULL)
refused("securityContext.windowsOptions.hostProcess", true, "os.name", "windows")
fine("securityContext.windowsOptions.runAsUserName", "ContainerUser")

about "host-probes"
for _, handler in ipairs { "livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop" } do
  for _, action in ipairs { "httpGet", "tcpSocket" } do
    local field = handler .. "." .. action
    in_containers(function(...) case("34-", "34-", ...) end, field, { host = "127.0.0.1", port = 80 })
    fine("containers.0." .. field, { port = 80 })
    fine("containers.0." .. field, { host = "", port = 80 })
    fine("containers.0." .. field, { host = NULL, port = 80 })
  end
  fine("containers.0." .. handler .. ".exec", { command = { "true" }, host = "elsewhere" })
  fine("containers.0." .. handler .. ".httpGet.httpHeaders", { { name = "Host", value = "elsewhere" } })
end

about "volume-types"
for _, source in ipairs { "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
  "secret" } do
  fine("volumes", { { name = "v", [source] = {} } })
end
for _, source in ipairs { "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume",
  "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "portworxVolume", "photonPersistentDisk",
  "scaleIO", "storageos", "somethingNew", "ConfigMap" } do
  case(nil, "0-", "volumes", { { name = "v", [source] = {} } })
end
case(nil, "0-", "volumes", { { name = "a", secret = {} }, { name = "v", nfs = {} } })
case(nil, "0-", "volumes", { { name = "v" } })
case(nil, "0-", "volumes", { { name = "v", emptyDir = NULL } })
fine("volumes", { { name = "v", nfs = {}, emptyDir = {} } })

about "allow-privilege-escalation"
in_containers(function(...) case(nil, "8-", ...) end, "securityContext.allowPrivilegeEscalation", true)
in_containers(function(...) case(nil, "8-", ...) end, "securityContext.allowPrivilegeEscalation", GONE)
case(nil, "8-", "containers.0.securityContext.allowPrivilegeEscalation", NULL)
case(nil, "8-24", "containers.0.securityContext.allowPrivilegeEscalation", GONE, "os.name", "windows")
case(nil, "8-24", "containers.0.securityContext.allowPrivilegeEscalation", true, "os.name", "windows")
case(nil, "8-", "containers.0.securityContext.allowPrivilegeEscalation", GONE, "os.name", "linux")
case(nil, "8-", "containers.0.securityContext.allowPrivilegeEscalation", GONE, "os.name", NULL)
case(nil, "8-", "containers.0.securityContext.allowPrivilegeEscalation", true, "hostUsers", false)
case(nil, "8-", "containers.0.securityContext.allowPrivilegeEscalation", GONE, "securityContext.allowPrivilegeEscalation", false)
fine("containers.0.securityContext.allowPrivilegeEscalation", "false")

about "run-as-non-root"
everywhere(function(...) case(nil, "0-", ...) end, "securityContext.runAsNonRoot", false)
everywhere(function(...) case(nil, "0-34", ...) end, "securityContext.runAsNonRoot", false, "hostUsers", false)
in_containers(fine, "securityContext.runAsNonRoot", true)
case(nil, "0-", "securityContext.runAsNonRoot", GONE)
case(nil, "0-", "securityContext.runAsNonRoot", NULL)
case(nil, "0-34", "securityContext.runAsNonRoot", GONE, "hostUsers", false)
case(nil, "0-", "securityContext.runAsNonRoot", GONE, "hostUsers", true)
case(nil, "0-", "securityContext.runAsNonRoot", GONE, "os.name", "windows")
do
  local each = { "securityContext.runAsNonRoot", GONE }
  for _, container in ipairs(CONTAINERS) do
    each[#each + 1] = container .. ".securityContext.runAsNonRoot"
    each[#each + 1] = true
  end
  fine(table.unpack(each))
  each[2] = false   -- all containers have their own, but the Pod says false
  case(nil, "0-", table.unpack(each))
  each[2], each[#each] = GONE, GONE
  case(nil, "0-", table.unpack(each))
end
fine("containers.0.securityContext.runAsNonRoot", NULL)
fine("securityContext.runAsNonRoot", "true")

about "run-as-user"
everywhere(function(...) case(nil, "23-", ...) end, "securityContext.runAsUser", 0)
everywhere(function(...) case(nil, "23-34", ...) end, "securityContext.runAsUser", 0, "hostUsers", false)
everywhere(fine, "securityContext.runAsUser", 1000)
everywhere(fine, "securityContext.runAsUser", NULL)
case(nil, "23-", "securityContext.runAsUser", 0, "hostUsers", true)
case(nil, "23-", "securityContext.runAsUser", 0, "os.name", "windows")
case(nil, "23-", "containers.0.securityContext.runAsUser", 0, "securityContext.runAsUser", 1000)
fine("securityContext.runAsUser", "0")
fine("securityContext.runAsGroup", 0, "securityContext.fsGroup", 0)

about "nothing"
fine()
fine("containers", NULL, "initContainers", NULL)
fine("containers.0.image", "other", "containers.0.args", { "privileged" }, "tolerations", { { operator = "Exists" } })

return { rows = rows, NULL = NULL, EMPTY = EMPTY, GONE = GONE }
