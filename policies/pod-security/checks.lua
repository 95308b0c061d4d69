-- The checks of the Pod Security Standards: what each is called, and from which version on it holds at which level.
--
--   local declare = include "checks.lua"
--   declare "baseline"
--
-- declares the rules of a level. Restricted is all of baseline, where a row with `restricted` puts a stricter check in the place
-- of baseline's. Both levels have the same ids, so that a Pod's fault is one finding where both packs are on.

local host       = include "host.lua"
local parts      = include "parts.lua"
local privileges = include "privileges.lua"
local profiles   = include "profiles.lua"
local version    = include "version.lua"
local volumes    = include "volumes.lua"

local STANDARD = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
local USERS    = "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/#integration-with-pod-security-admission-checks"

-- The check, but for Pods that the question is true of.
local function except(question, check)
  return function(pod, report)
    if not question(pod) then return check(pod, report) end
  end
end

-- From v1.25 on, Pods for Windows need not set what Windows does not have; from v1.35 on, root in a user namespace of its own is
-- not root.
local function not_on_windows(check) return version >= 25 and except(parts.is_windows, check) or check end
local function not_with_own_users(check) return version >= 35 and except(parts.has_own_users, check) or check end

-- `baseline` and `restricted` are the checks of the levels, `since` the version from which on the rule is there, and
-- `restricted_since` that of the stricter check.
local CHECKS = {
  { id = "host-namespaces", baseline = host.namespaces,
    summary = "Pods have a network, processes and IPC of their own",
    help = "In the host's namespaces a container sees and reaches what the node itself does. Remove hostNetwork, hostPID and hostIPC." },
  { id = "privileged", baseline = privileges.privileged,
    summary = "no container is privileged",
    help = "A privileged container is root on its node. Set privileged: false, and add the single capability that is needed." },
  { id = "capabilities", baseline = privileges.capabilities_baseline,
    restricted = not_on_windows(privileges.capabilities_restricted), restricted_since = 22,
    summary = "containers add no capability beyond the usual ones; at the restricted level they drop all",
    help = "Capabilities are parts of root's power. At the restricted level set drop: [\"ALL\"] and add NET_BIND_SERVICE at most." },
  { id = "host-path", baseline = volumes.host_path_baseline, restricted = volumes.host_path_restricted, restricted_since = 0,
    summary = "no volume is a path of the host",
    help = "With a path of the host a Pod can read other Pods' data and change its node. Use a claim, or an emptyDir." },
  { id = "host-ports", baseline = host.ports,
    summary = "containers take no ports of the host",
    help = "A port of the host goes past network policies, and only one Pod of a node can have it. Use a Service." },
  { id = "apparmor-profile", baseline = profiles.apparmor,
    summary = "AppArmor profiles are the runtime's own or those that the node brings along",
    help = "Unconfined switches AppArmor off. Remove the profile, or set type: RuntimeDefault or Localhost." },
  { id = "selinux-options", baseline = profiles.selinux,
    summary = "SELinux types are those for containers, and user and role are left alone",
    help = "Other types, and any user or role, can lead out of what confines containers. Remove them." },
  { id = "proc-mount", baseline = not_with_own_users(profiles.proc_mount), restricted = profiles.proc_mount, restricted_since = 35,
    source = USERS, summary = "the masks over /proc stay on",
    help = "Unmasked shows parts of /proc that belong to the node. Set procMount: Default; from v1.35 on, the baseline level lets a Pod "
      .. "with hostUsers: false choose." },
  { id = "seccomp-profile", baseline = version < 19 and profiles.seccomp_annotations or profiles.seccomp_baseline,
    restricted = not_on_windows(profiles.seccomp_restricted), restricted_since = 19,
    summary = "seccomp is on where it is set; at the restricted level it is set",
    help = "Without seccomp a container reaches all system calls of its node. Set type: RuntimeDefault, best once for the whole Pod." },
  { id = "sysctls", baseline = profiles.sysctls,
    summary = "sysctls are among those that touch nothing but the Pod",
    help = "Other sysctls change the node for all Pods on it, or switch protection off. Remove them, or set them on the node." },
  { id = "windows-host-process", baseline = host.windows_process,
    summary = "no container runs as a process of the Windows host",
    help = "Such a container has the node for itself. Remove hostProcess." },
  { id = "host-probes", baseline = host.probes, since = 34,
    summary = "probes and lifecycle hooks go to their own Pod",
    help = "The kubelet sends probes from the node's network: with a host they reach what the Pod itself may not. Remove host." },

  { id = "volume-types", restricted = volumes.types,
    summary = "volumes are of the types that go through Kubernetes",
    help = "Volumes of other types name storage outside the cluster directly. Use a PersistentVolumeClaim." },
  { id = "allow-privilege-escalation", restricted = not_on_windows(privileges.escalation), since = 8,
    summary = "processes gain no privileges over their parent",
    help = "Without it a file with the set-user-ID bit makes a process root. Set allowPrivilegeEscalation: false in each container." },
  { id = "run-as-non-root", restricted = not_with_own_users(privileges.non_root), source = USERS,
    summary = "containers may not start as root",
    help = "The kubelet then refuses images that start as root. Set runAsNonRoot: true, best once for the whole Pod." },
  { id = "run-as-user", restricted = not_with_own_users(privileges.user), since = 23, source = USERS,
    summary = "no container is told to run as root",
    help = "runAsUser: 0 is root whatever the image says. Name another user, or leave it to the image." },
}

-- The check that a row makes at a level, nil when it makes none in this version.
local function check_of(row, level)
  if version < (row.since or 0) then return nil end
  if level == "restricted" and row.restricted and version >= (row.restricted_since or 0) then return row.restricted end
  return row.baseline
end

local declared = {}   -- by id: the checks that are there already, when the other pack is on too

-- declare(level): the rules of "baseline" or "restricted".
return function(level)
  for _, row in ipairs(CHECKS) do
    local check = check_of(row, level)
    declared[row.id] = declared[row.id] or {}
    if check and not declared[row.id][check] then
      declared[row.id][check] = true
      rule("pod-security/" .. row.id) {
        summary = row.summary, help = row.help, source = row.source or STANDARD, severity = "error", pods = true, check = check,
      }
    end
  end
end
