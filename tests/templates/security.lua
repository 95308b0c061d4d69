-- Security contexts: what templates.security makes of what was given, and whether that meets the restricted Pod Security Standard
-- (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
local security = require "templates.security"
local suite = dofile "tests/lib/suite.lua"

-- --- the standard, as far as it speaks of security contexts

local function is_one_of(v, ...)
  for i = 1, select("#", ...) do
    if v == select(i, ...) then return true end
  end
  return false
end

local BASELINE_SYSCTLS = { ["kernel.shm_rmid_forced"] = true, ["net.ipv4.ip_local_port_range"] = true,
  ["net.ipv4.ip_unprivileged_port_start"] = true, ["net.ipv4.tcp_syncookies"] = true, ["net.ipv4.ping_group_range"] = true }
local SELINUX_TYPES = { "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t" }

-- What Pod and containers have in common: fields whose value, where there is one, is restricted.
local function check_shared(context, add)
  if context.runAsUser == 0 then add "runAsUser" end
  if context.runAsNonRoot == false then add "runAsNonRoot" end
  if context.seccompProfile and not is_one_of(context.seccompProfile.type, "RuntimeDefault", "Localhost") then add "seccompProfile" end
  local linux = context.seLinuxOptions or {}
  if linux.user or linux.role or not is_one_of(linux.type or "", table.unpack(SELINUX_TYPES)) then add "seLinuxOptions" end
  if context.windowsOptions and context.windowsOptions.hostProcess then add "hostProcess" end
end

local function check_container(context, pod_context, add)
  check_shared(context, add)
  if context.privileged then add "privileged" end
  if not is_one_of(context.procMount, nil, "Default") then add "procMount" end
  if context.allowPrivilegeEscalation ~= false then add "allowPrivilegeEscalation" end
  if context.runAsNonRoot == nil and pod_context.runAsNonRoot ~= true then add "runAsNonRoot" end
  if not context.seccompProfile and not pod_context.seccompProfile then add "seccompProfile" end
  local capabilities = context.capabilities or {}
  if not is_one_of("ALL", table.unpack(capabilities.drop or {})) then add "capabilities" end
  for _, name in ipairs(capabilities.add or {}) do
    if name ~= "NET_BIND_SERVICE" then add "capabilities" end
  end
end

-- The fields of the Pod that break the restricted standard, in the order of the alphabet.
local function broken(pod)
  local seen, fields = {}, {}
  local function add(field)
    if not seen[field] then fields[#fields + 1] = field end
    seen[field] = true
  end
  local context = pod.securityContext or {}
  check_shared(context, add)
  for _, sysctl in ipairs(context.sysctls or {}) do
    if not BASELINE_SYSCTLS[sysctl.name] then add "sysctls" end
  end
  for _, container in ipairs(pod.containers) do check_container(container.securityContext or {}, context, add) end
  table.sort(fields)
  return fields
end

-- --- the cases

local DROP = { drop = { "ALL" } }
local RUNTIME = { type = "RuntimeDefault" }
local CONFINED = { allowPrivilegeEscalation = false, capabilities = DROP }
local USUAL = { runAsUser = 65535, runAsNonRoot = true, seccompProfile = RUNTIME }
local NON_ROOT = { runAsNonRoot = true, seccompProfile = RUNTIME }
local ROOT = { runAsUser = 0, runAsGroup = 0, seccompProfile = RUNTIME }

local function confined(fields)
  local context = { allowPrivilegeEscalation = false, capabilities = DROP }
  for field, v in pairs(fields) do context[field] = v end
  return context
end

local PROFILE = { type = "Localhost", localhostProfile = "p" }
local ROOT_ITSELF = { "allowPrivilegeEscalation", "capabilities", "runAsNonRoot", "runAsUser" }

-- Each: its name; direction; the Pod's context and then those of its containers, as given (false: none); the same as made; the fields
-- that break the standard; how many containers will not start.
local CASES = {
  { "nothing is said", "backup", { false, false }, { USUAL, CONFINED } },
  { "nothing is said", "restore", { false, false }, { ROOT, false },
    ROOT_ITSELF },
  { "no containers yet", "restore", { false }, { ROOT }, { "runAsUser" } },
  { "a user", "backup", { { runAsUser = 1000 }, false },
    { { runAsUser = 1000, runAsNonRoot = true, seccompProfile = RUNTIME }, CONFINED } },
  { "a user", "restore", { { runAsUser = 1000 }, false },
    { { runAsUser = 1000, runAsNonRoot = true, seccompProfile = RUNTIME }, CONFINED } },
  { "root", "backup", { { runAsUser = 0 }, false }, { { runAsUser = 0, seccompProfile = RUNTIME }, false },
    ROOT_ITSELF },
  { "other fields stay", "backup", { { fsGroup = 7, seccompProfile = PROFILE }, { readOnlyRootFilesystem = true } },
    { { fsGroup = 7, runAsUser = 65535, runAsNonRoot = true, seccompProfile = PROFILE },
      confined { readOnlyRootFilesystem = true } } },
  { "what is wide stays", "backup", { { seccompProfile = { type = "Unconfined" } }, { allowPrivilegeEscalation = true } },
    { { runAsUser = 65535, runAsNonRoot = true, seccompProfile = { type = "Unconfined" } },
      { allowPrivilegeEscalation = true, capabilities = DROP } }, { "allowPrivilegeEscalation", "seccompProfile" } },
  { "not root, as a whole", "backup", { { runAsNonRoot = true }, false }, { USUAL, CONFINED } },
  { "not root, as a whole", "restore", { { runAsNonRoot = true }, false, { runAsUser = 5 } },
    { NON_ROOT, CONFINED, confined { runAsUser = 5 } } },
  { "not root, one container", "restore", { false, false, { runAsNonRoot = true } },
    { NON_ROOT, { runAsUser = 0, runAsGroup = 0, runAsNonRoot = false }, confined { runAsNonRoot = true } },
    ROOT_ITSELF },
  { "not root, one container, and a group", "restore", { { runAsGroup = 9 }, false, { runAsNonRoot = true } },
    { { runAsGroup = 9, runAsNonRoot = true, seccompProfile = RUNTIME }, { runAsUser = 0, runAsNonRoot = false },
      confined { runAsNonRoot = true } },
    ROOT_ITSELF },
  { "not root but for one container", "restore", { { runAsNonRoot = true }, { runAsNonRoot = false } },
    { NON_ROOT, { runAsUser = 0, runAsGroup = 0, runAsNonRoot = false } },
    ROOT_ITSELF },
  { "users of their own", "restore", { false, { runAsUser = 1000 }, { runAsNonRoot = true } },
    { NON_ROOT, confined { runAsUser = 1000 }, confined { runAsNonRoot = true } } },
  { "a root of its own", "backup", { false, { runAsUser = 0 }, false }, { USUAL, { runAsUser = 0, runAsNonRoot = false }, CONFINED },
    ROOT_ITSELF },
  { "a root that is refused", "backup", { { runAsNonRoot = true }, { runAsUser = 0 } }, { USUAL, { runAsUser = 0 } },
    { "allowPrivilegeEscalation", "capabilities", "runAsUser" }, 1 },
  { "a root that refuses itself", "restore", { false, { runAsUser = 0, runAsNonRoot = true } },
    { NON_ROOT, { runAsUser = 0, runAsNonRoot = true } }, { "allowPrivilegeEscalation", "capabilities", "runAsUser" }, 1 },
  { "maybe root", "backup", { { runAsNonRoot = false }, false },
    { { runAsUser = 65535, runAsNonRoot = false, seccompProfile = RUNTIME }, CONFINED },
    { "runAsNonRoot" } },
  { "maybe root, one container", "backup", { false, { runAsNonRoot = false } }, { USUAL, { runAsNonRoot = false } },
    { "allowPrivilegeEscalation", "capabilities", "runAsNonRoot" } },
  { "a harmless capability", "backup", { false, { capabilities = { add = { "NET_BIND_SERVICE" } } } },
    { USUAL, { allowPrivilegeEscalation = false, capabilities = { add = { "NET_BIND_SERVICE" }, drop = { "ALL" } } } } },
  { "SYS_ADMIN", "backup", { false, { capabilities = { add = { "CHOWN", "SYS_ADMIN" } } } },
    { USUAL, { capabilities = { add = { "CHOWN", "SYS_ADMIN" }, drop = { "ALL" } } } }, { "allowPrivilegeEscalation", "capabilities" } },
  { "CAP_SYS_ADMIN", "backup", { false, { capabilities = { add = { "CAP_SYS_ADMIN" } } } },
    { USUAL, { capabilities = { add = { "CAP_SYS_ADMIN" }, drop = { "ALL" } } } }, { "allowPrivilegeEscalation", "capabilities" } },
  { "all capabilities", "backup", { false, { capabilities = { add = { "ALL" } } } }, { USUAL, { capabilities = { add = { "ALL" } } } },
    { "allowPrivilegeEscalation", "capabilities" } },
  { "privileged", "backup", { false, { privileged = true } }, { USUAL, { privileged = true } },
    { "allowPrivilegeEscalation", "capabilities", "privileged" } },
  { "capabilities of its own", "backup", { false, { capabilities = { drop = { "KILL" } } } },
    { USUAL, { allowPrivilegeEscalation = false, capabilities = { drop = { "KILL" } } } }, { "capabilities" } },
}

local function copy(v)
  if type(v) ~= "table" then return v end
  local all = {}
  for k, each in pairs(v) do all[k] = copy(each) end
  return all
end

-- A Pod with these contexts: the Pod's, then its containers'.
local function pod_of(contexts)
  local pod = { securityContext = copy(contexts[1]) or nil, containers = {} }
  for i = 2, #contexts do pod.containers[i - 1] = { name = "c" .. i - 2, securityContext = copy(contexts[i]) or nil } end
  return pod
end

local tests = {}
for _, case in ipairs(CASES) do
  local name, direction, given, made, fields, refused = table.unpack(case, 1, 6)
  tests[#tests + 1] = { direction .. ": " .. name, function()
    local pod = pod_of(given)
    local warnings = security(pod, direction)
    suite.equal(pod, pod_of(made))
    suite.equal(#warnings, refused or 0, "warnings")
    suite.equal(broken(pod), fields or {}, "fields that break the restricted standard")
    local init = pod_of(given)
    init.initContainers, init.containers = init.containers, nil
    security(init, direction)
    suite.equal({ init.securityContext, init.initContainers }, { pod.securityContext, pod.containers }, "as init containers")
  end }
end
return suite.run("templates: security contexts", tests)
