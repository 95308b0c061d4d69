-- Checks of the profiles that confine containers: AppArmor, SELinux, seccomp, the masks over /proc, sysctls.

local parts   = include "parts.lua"
local version = include "version.lua"

local profiles = {}

-- Types of seccomp and AppArmor profiles that both levels allow.
local TYPES = { RuntimeDefault = true, Localhost = true }

-- Reports a profile (of the Pod or of a container) whose type is none of the allowed ones; what follows is for parts.called.
local function check_profile(context, field, what, report, ...)
  local profile = parts.child(context, field)
  if not profile then return end
  local kind = profile.type
  if kind == nil or kind == "" then
    report(profile, "type", ("%s has the %s profile of no type"):format(parts.called(...), what), { hint = "set type: RuntimeDefault" })
  elseif type(kind) == "string" and not TYPES[kind] then
    report(profile, "type", ('%s has the %s profile "%s"'):format(parts.called(...), what, kind),
      { hint = "RuntimeDefault and Localhost are allowed" })
  end
end

-- AppArmor's annotations, one a container; they are looked at for any name.
local APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

local function is_bad_apparmor(value)
  return type(value) == "string" and value ~= "" and value ~= "runtime/default" and value:sub(1, 10) ~= "localhost/"
end

local function check_apparmor_annotations(pod, report)
  local annotations = parts.below(pod, "metadata", "annotations")
  if not annotations then return end
  for key in pairs(annotations) do
    if type(key) == "string" and key:sub(1, #APPARMOR) == APPARMOR and ask(annotations, key, is_bad_apparmor) then
      report(annotations, { key }, ('the AppArmor profile of container "%s" is "%s"'):format(key:sub(#APPARMOR + 1), annotations[key]),
        { hint = "runtime/default and localhost/… are allowed" })
    end
  end
end

function profiles.apparmor(pod, report)
  for part, context, list, index in parts.contexts(pod) do
    check_profile(context, "appArmorProfile", "AppArmor", report, part, list, index)
  end
  check_apparmor_annotations(pod, report)
end

-- Types of SELinux that are allowed, and the version from which on they are.
local SELINUX = { [""] = 0, container_t = 0, container_init_t = 0, container_kvm_t = 0, container_engine_t = 31 }

local SELINUX_HINT = version < 31 and "container_t, container_init_t and container_kvm_t are allowed"
  or "container_t, container_init_t, container_kvm_t and container_engine_t are allowed"

local function is_bad_selinux_type(value)
  return type(value) == "string" and (SELINUX[value] or math.huge) > version
end

function profiles.selinux(pod, report)
  for part, context, list, index in parts.contexts(pod) do
    local options = parts.child(context, "seLinuxOptions")
    if options then
      if ask(options, "type", is_bad_selinux_type) then
        report(options, "type", ('%s asks for the SELinux type "%s"'):format(parts.called(part, list, index), options.type),
          { hint = SELINUX_HINT })
      end
      for _, field in ipairs { "user", "role" } do
        if ask(options, field, parts.is_given) then
          report(options, field, ('%s asks for the SELinux %s "%s"'):format(parts.called(part, list, index), field, options[field]),
            { hint = "remove " .. field })
        end
      end
    end
  end
end

-- Seccomp before v1.19: annotations of the Pod and of its containers.
local SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
local SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"

local function is_bad_seccomp(value)
  return type(value) == "string" and value ~= "runtime/default" and value ~= "docker/default" and value:sub(1, 10) ~= "localhost/"
end

local function check_seccomp_annotation(annotations, key, report, ...)
  if ask(annotations, key, is_bad_seccomp) then
    report(annotations, { key }, ('the seccomp profile of %s is "%s"'):format(parts.called(...), annotations[key]),
      { hint = "runtime/default and localhost/… are allowed" })
  end
end

function profiles.seccomp_annotations(pod, report)
  local annotations = parts.below(pod, "metadata", "annotations")
  if not annotations then return end
  check_seccomp_annotation(annotations, SECCOMP_POD, report, pod)
  for container, _, list, index in parts.containers(pod) do
    local name = container.name
    if name == nil then name = "" end
    if type(name) == "string" then check_seccomp_annotation(annotations, SECCOMP_CONTAINER .. name, report, container, list, index) end
  end
end

function profiles.seccomp_baseline(pod, report)
  for part, context, list, index in parts.contexts(pod) do
    check_profile(context, "seccompProfile", "seccomp", report, part, list, index)
  end
end

-- At the restricted level a profile must be named, by the container or by the Pod.
function profiles.seccomp_restricted(pod, report)
  local whole   -- the Pod's profile: nil when it has none
  for part, context, list, index in parts.contexts(pod) do
    local profile = parts.child(context, "seccompProfile")
    check_profile(context, "seccompProfile", "seccomp", report, part, list, index)
    if not list then whole = profile
    elseif profile == nil and whole == nil then
      report(part, "securityContext.seccompProfile",
        parts.called(part, list, index) .. " runs without a seccomp profile: neither it nor the Pod names one",
        { hint = "set securityContext.seccompProfile: {type: RuntimeDefault}", fix = { type = "RuntimeDefault" } })
    end
  end
end

function profiles.proc_mount(pod, report)
  for container, context, list, index in parts.containers(pod) do
    local mount = context and context.procMount
    if type(mount) == "string" and mount ~= "Default" then
      report(context, "procMount", ('%s takes the masks off /proc: procMount is "%s"'):format(parts.called(container, list, index), mount),
        { hint = "set procMount: Default", fix = "Default" })
    end
  end
end

-- Sysctls that are known to touch nothing but the Pod itself, and the version from which on they are allowed.
local SYSCTLS = {
  ["kernel.shm_rmid_forced"]              = 0,
  ["net.ipv4.ip_local_port_range"]        = 0,
  ["net.ipv4.tcp_syncookies"]             = 0,
  ["net.ipv4.ping_group_range"]           = 0,
  ["net.ipv4.ip_unprivileged_port_start"] = 0,
  ["net.ipv4.ip_local_reserved_ports"]    = 27,
  ["net.ipv4.tcp_keepalive_time"]         = 29,
  ["net.ipv4.tcp_fin_timeout"]            = 29,
  ["net.ipv4.tcp_keepalive_intvl"]        = 29,
  ["net.ipv4.tcp_keepalive_probes"]       = 29,
  ["net.ipv4.tcp_rmem"]                   = 32,
  ["net.ipv4.tcp_wmem"]                   = 32,
  ["net.ipv4.tcp_slow_start_after_idle"]  = 37,
  ["net.ipv4.tcp_notsent_lowat"]          = 37,
}

local function is_bad_sysctl(name)
  if name == nil then name = "" end
  return type(name) == "string" and (SYSCTLS[name] or math.huge) > version
end

function profiles.sysctls(pod, report)
  for sysctl in parts.items(parts.below(pod, "spec", "securityContext"), "sysctls") do
    if ask(sysctl, "name", is_bad_sysctl) then
      local name = sysctl.name or ""
      local from = SYSCTLS[name]
      report(sysctl, "name", ('the Pod sets the sysctl "%s", which may reach beyond it'):format(name),
        { hint = from and ("it is allowed from v1.%d on"):format(from) or "remove it; the standard names the sysctls that are safe" })
    end
  end
end

return profiles
