-- Security contexts.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(spec, container)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {%s containers: [{name: c, image: i, securityContext: "
    .. "{%s}}]}\n"):format(spec or "", container or "")
end
local C = "spec.containers[0].securityContext."

check("privileges that are fine", pod("", "allowPrivilegeEscalation: false, privileged: false, capabilities: {add: [NET_ADMIN], drop: "
  .. "[ALL]}"))
check("privileged without escalation", pod("", "allowPrivilegeEscalation: false, privileged: true"), "privilege-escalation @ " .. C
  .. "allowPrivilegeEscalation: privileged")
check("a capability without escalation", pod("", "allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}"),
  "privilege-escalation @ " .. C .. "allowPrivilegeEscalation: CAP_SYS_ADMIN", "capability-name @ " .. C
    .. "capabilities.add[0]: written SYS_ADMIN")
check("a capability in small letters", pod("", "capabilities: {drop: [all]}"), "capability-name @ " .. C
  .. "capabilities.drop[0]: written ALL")

check("profiles that are fine", pod("securityContext: {seccompProfile: {type: RuntimeDefault}},",
  "seccompProfile: {type: Localhost, localhostProfile: a}, appArmorProfile: {type: Localhost, localhostProfile: a}"))
check("a profile without file", pod("", "seccompProfile: {type: Localhost}, appArmorProfile: {type: Localhost, localhostProfile: ''}"),
  "localhost-profile @ " .. C .. "seccompProfile.localhostProfile: needs a localhostProfile", "localhost-profile @ " .. C
    .. "appArmorProfile.localhostProfile")
check("a file without need", pod("securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}},"),
  "localhost-profile @ spec.securityContext.seccompProfile.localhostProfile: goes with")

check("an unmasked /proc", pod("hostUsers: false,", "procMount: Unmasked"))
check("an unmasked /proc of the host's users", pod("", "procMount: Unmasked"), "proc-mount @ " .. C .. "procMount")
check("users of one's own and the host's namespaces", pod("hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true,"),
  "user-namespace @ spec.hostNetwork", "user-namespace @ spec.hostPID", "user-namespace @ spec.hostIPC")

check("settings of linux", pod("os: {name: linux},", "runAsUser: 1"))
check("settings of windows for linux", pod("os: {name: linux},", "windowsOptions: {hostProcess: false}"), "os-settings @ " .. C
  .. "windowsOptions")
check("settings of linux for windows", pod("os: {name: windows}, hostPID: true, securityContext: {fsGroup: 1},",
  "runAsUser: 1, capabilities: {}"),
  "os-settings @ spec.hostPID", "os-settings @ spec.securityContext.fsGroup", "os-settings @ " .. C .. "capabilities", "os-settings @ "
    .. C .. "runAsUser")
check("a user beyond", pod("", "runAsUser: -1, runAsGroup: 2147483648"), "range @ " .. C .. "runAsUser", "range @ " .. C .. "runAsGroup")
check("a context of another type", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {securityContext: x, containers: [{name: c, "
  .. "image: i, securityContext: [a]}]}\n",
  "type @ spec.securityContext", "type @ spec.containers[0].securityContext")
