-- Rules about security contexts: settings that exclude each other.
local read = include "read.lua"

local CONTEXT = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

local function has_capability(security, name)
  for _, capability in read.strings(read.table(security, "capabilities") or {}, "add") do
    if capability == name then return true end
  end
  return false
end

rule "kubernetes/privilege-escalation" {
  summary = "what gives a container all privileges does not go with allowPrivilegeEscalation: false",
  help    = "A server refuses allowPrivilegeEscalation: false for privileged containers and those with CAP_SYS_ADMIN.",
  source  = CONTEXT,
  pods    = true,
  check   = function(pod, report)
    for container in k8s.containers(pod) do
      local security = read.table(container, "securityContext")
      if security and security.allowPrivilegeEscalation == false then
        if read.is_true(security, "privileged") then
          report(security, "allowPrivilegeEscalation", "a privileged container cannot have allowPrivilegeEscalation: false")
        end
        if has_capability(security, "CAP_SYS_ADMIN") then
          report(security, "allowPrivilegeEscalation", "a container with CAP_SYS_ADMIN cannot have allowPrivilegeEscalation: false")
        end
      end
    end
  end,
}

rule "kubernetes/capability-name" {
  summary  = "capabilities are written without CAP_, in capital letters",
  help     = "Servers take any text. What the container's runtime does not know keeps the container from starting, and with CAP_ in "
    .. "front not "
    .. "every check of a cluster knows a capability.",
  source   = CONTEXT .. "#set-capabilities-for-a-container",
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    for container in k8s.containers(pod) do
      local capabilities = read.table(container, "securityContext", "capabilities")
      for _, list in ipairs { "add", "drop" } do
        for i, name, names in read.strings(capabilities or {}, list) do
          local usual = name:upper():gsub("^CAP_", "")
          if name ~= usual then report(names, { i }, ("%s is written %s"):format(name, usual), { fix = usual }) end
        end
      end
    end
  end,
}

-- Calls visit(security context) for the Pod's own and for those of its containers.
local function each_context(pod, visit)
  local own = read.table(pod.spec, "securityContext")
  if own then visit(own) end
  for container in k8s.containers(pod) do
    local security = read.table(container, "securityContext")
    if security then visit(security) end
  end
end

local function is_filled(v) return type(v) == "string" and v ~= "" end

local function check_profile(security, field, report)
  local profile = read.table(security, field)
  local kind = profile and read.string(profile, "type")
  if not kind then return end
  local has_file = not read.is_absent(profile, "localhostProfile")
  local named = field == "seccompProfile" and has_file or ask(profile, "localhostProfile", is_filled)
  if kind == "Localhost" and not named then
    report(profile, "localhostProfile", "the type Localhost needs a localhostProfile")
  elseif kind ~= "Localhost" and has_file then
    report(profile, "localhostProfile", ("localhostProfile goes with the type Localhost, not %s"):format(kind), { fix = k8s.remove })
  end
end

rule "kubernetes/localhost-profile" {
  summary = "seccomp and AppArmor profiles name a file when they are of type Localhost, and only then",
  help    = "A server refuses the Pod.",
  source  = "https://kubernetes.io/docs/tutorials/security/seccomp/",
  pods    = true,
  check   = function(pod, report)
    each_context(pod, function(security)
      check_profile(security, "seccompProfile", report)
      check_profile(security, "appArmorProfile", report)
    end)
  end,
}

rule "kubernetes/proc-mount" {
  summary = "an unmasked /proc is for Pods with a user namespace of their own",
  help    = "A server refuses procMount Unmasked unless the Pod has hostUsers: false.",
  source  = CONTEXT,
  pods    = true,
  check   = function(pod, report)
    for container in k8s.containers(pod) do
      local security = read.table(container, "securityContext")
      if security and security.procMount == "Unmasked" and not read.is_false(pod.spec, "hostUsers") then
        report(security, "procMount", "Unmasked needs hostUsers: false in the Pod")
      end
    end
  end,
}

rule "kubernetes/user-namespace" {
  summary = "a Pod with a user namespace of its own shares no other namespace with the host",
  help    = "A server refuses hostUsers: false together with hostNetwork, hostPID or hostIPC.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
  pods    = true,
  check   = function(pod, report)
    if not read.is_false(pod.spec, "hostUsers") then return end
    for _, field in ipairs { "hostNetwork", "hostPID", "hostIPC" } do
      if read.is_true(pod.spec, field) then report(pod.spec, field, ("%s and hostUsers: false exclude each other"):format(field)) end
    end
  end,
}

local WINDOWS_POD = { "appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsUser", "seccompProfile", "seLinuxOptions",
  "supplementalGroups", "supplementalGroupsPolicy", "sysctls" }
local WINDOWS_CONTAINER = { "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount",
  "readOnlyRootFilesystem",
  "runAsGroup", "runAsUser", "seccompProfile", "seLinuxOptions" }

local function forbid(part, fields, os, report)
  for _, field in ipairs(part and read.present(part, fields) or {}) do
    report(part, field, ("%s cannot be set for a Pod whose os is %s"):format(field, os))
  end
end

rule "kubernetes/os-settings" {
  summary = "a Pod that names its operating system has no settings of the other one",
  help    = "A server refuses users, capabilities, seccomp and the like for windows, and windowsOptions for linux.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/#pod-os",
  pods    = true,
  check   = function(pod, report)
    local os = read.table(pod.spec, "os")
    local name = os and read.string(os, "name")
    if name == "linux" then
      each_context(pod, function(security) forbid(security, { "windowsOptions" }, name, report) end)
    elseif name == "windows" then
      forbid(pod.spec, { "hostIPC", "hostPID", "hostUsers", "shareProcessNamespace" }, name, report)
      forbid(read.table(pod.spec, "securityContext"), WINDOWS_POD, name, report)
      for container in k8s.containers(pod) do forbid(read.table(container, "securityContext"), WINDOWS_CONTAINER, name, report) end
    end
  end,
}
