-- Checks of what ties a Pod to its host: namespaces, ports, probes that reach elsewhere, Windows' HostProcess.

local parts   = include "parts.lua"

local host = {}

local NAMESPACES = {
  { field = "hostNetwork", shares = "network" }, { field = "hostPID", shares = "processes" }, { field = "hostIPC", shares = "IPC" },
}

function host.namespaces(pod, report)
  local spec = parts.child(pod, "spec")
  if not spec then return end
  for _, row in ipairs(NAMESPACES) do
    if spec[row.field] == true then
      report(spec, row.field, ("the Pod shares the host's %s: %s is true"):format(row.shares, row.field), { hint = "remove " .. row.field })
    end
  end
end

function host.ports(pod, report)
  for container, _, list, index in parts.containers(pod) do
    for port in parts.items(container, "ports") do
      if ask(port, "hostPort", parts.is_port) then
        report(port, "hostPort", ("%s takes port %s of the host"):format(parts.called(container, list, index), port.hostPort),
          { hint = "remove hostPort; a Service reaches containerPort" })
      end
    end
  end
end

local PROBES  = { "livenessProbe", "readinessProbe", "startupProbe" }
local HOOKS   = { "postStart", "preStop" }
local ACTIONS = { "httpGet", "tcpSocket" }

-- The hosts that the handlers of these names have: those of a container, or of its lifecycle.
local function check_hosts(handlers, names, report, container, list, index)
  for _, name in ipairs(names) do
    local handler = parts.child(handlers, name)
    for _, kind in ipairs(handler and ACTIONS or {}) do
      local action = parts.child(handler, kind)
      if action and ask(action, "host", parts.is_given) then
        report(action, "host", ("%s sends its %s to another host: %s"):format(parts.called(container, list, index), name, action.host),
          { hint = "remove host: the kubelet then asks the Pod itself" })
      end
    end
  end
end

function host.probes(pod, report)
  for container, _, list, index in parts.containers(pod) do
    check_hosts(container, PROBES, report, container, list, index)
    local lifecycle = parts.child(container, "lifecycle")
    if lifecycle then check_hosts(lifecycle, HOOKS, report, container, list, index) end
  end
end

function host.windows_process(pod, report)
  for part, context, list, index in parts.contexts(pod) do
    local windows = parts.child(context, "windowsOptions")
    if windows and windows.hostProcess == true then
      local who = parts.called(part, list, index)
      report(windows, "hostProcess", who .. " runs as a process of the Windows host: hostProcess is true", { hint = "remove hostProcess" })
    end
  end
end

return host
