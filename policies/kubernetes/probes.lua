-- Rules about probes and lifecycle hooks.
local read = include "read.lua"

local PROBES = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
local HOOKS = "https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/"

local PROBE_HANDLERS = { "exec", "httpGet", "tcpSocket", "grpc" }
local HOOK_HANDLERS = { "exec", "httpGet", "tcpSocket", "sleep" }

-- Calls visit(probe, name, container) for each probe of a Pod's containers.
local function each_probe(pod, visit)
  for container in k8s.containers(pod) do
    for _, name in ipairs { "livenessProbe", "readinessProbe", "startupProbe" } do
      local probe = read.table(container, name)
      if probe then visit(probe, name, container) end
    end
  end
end

local function each_hook(pod, visit)
  for container in k8s.containers(pod) do
    local lifecycle = read.table(container, "lifecycle")
    for _, name in ipairs { "postStart", "preStop" } do
      local hook = lifecycle and read.table(lifecycle, name)
      if hook then visit(hook, name, lifecycle) end
    end
  end
end

local function check_handler(part, name, above, handlers, report)
  local present = read.present(part, handlers)
  if #present == 0 then report(above, name, ("%s must have one of %s"):format(name, table.concat(handlers, ", ")))
  elseif #present > 1 then report(part, present[2], ("%s has %s already"):format(name, present[1])) end
end

rule "kubernetes/probe-handler" {
  summary = "a probe or hook does exactly one thing: exec, httpGet, tcpSocket, or grpc and sleep",
  help    = "A server refuses probes and hooks that do nothing and those that do two things.",
  source  = PROBES,
  pods    = true,
  check   = function(pod, report)
    each_probe(pod, function(probe, name, container) check_handler(probe, name, container, PROBE_HANDLERS, report) end)
    each_hook(pod, function(hook, name, lifecycle) check_handler(hook, name, lifecycle, HOOK_HANDLERS, report) end)
  end,
}

local function above_one(v) return math.type(v) == "integer" and v > 1 end

rule "kubernetes/probe-threshold" {
  summary = "liveness and startup probes succeed once",
  help    = "A server refuses a successThreshold other than 1 for them; only a readiness probe counts successes.",
  source  = PROBES,
  pods    = true,
  check   = function(pod, report)
    each_probe(pod, function(probe, name)
      if name ~= "readinessProbe" and ask(probe, "successThreshold", above_one) then
        report(probe, "successThreshold", ("the successThreshold of a %s must be 1"):format(name), { fix = 1 })
      end
    end)
  end,
}

rule "kubernetes/probe-grace-period" {
  summary = "readiness probes have no grace period",
  help    = "A server refuses the Pod: a container that is not ready is not ended.",
  source  = PROBES,
  pods    = true,
  check   = function(pod, report)
    each_probe(pod, function(probe, name)
      if name == "readinessProbe" and not read.is_absent(probe, "terminationGracePeriodSeconds") then
        report(probe, "terminationGracePeriodSeconds", "a readinessProbe has no terminationGracePeriodSeconds", { fix = k8s.remove })
      end
    end)
  end,
}

rule "kubernetes/probe-port" {
  summary  = "probes and hooks that name a port name one of their container",
  help     = "Servers take it, but the probe can never succeed: names of ports are looked up in the same container.",
  source   = PROBES,
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    local function check(part, container)
      for _, handler in ipairs { "httpGet", "tcpSocket" } do
        local action = read.table(part, handler)
        local port = action and read.string(action, "port")
        if port and not read.names(container, "ports")[port] then report(action, "port", "the container has no port of this name") end
      end
    end
    each_probe(pod, function(probe, _, container) check(probe, container) end)
  end,
}

rule "kubernetes/sleep-hook" {
  summary = "a hook sleeps no longer than the Pod's grace period",
  help    = "A server refuses the Pod: the container would be killed before the sleep is over. The grace period is 30 s when nothing is "
    .. "said.",
  source  = HOOKS,
  pods    = true,
  check   = function(pod, report)
    each_hook(pod, function(hook)
      local sleep = read.table(hook, "sleep")
      local seconds = sleep and read.integer(sleep, "seconds")
      local most = read.integer(pod.spec, "terminationGracePeriodSeconds") or 30
      if seconds and seconds > most then report(sleep, "seconds", ("seconds must be at most %d, the Pod's grace period"):format(most)) end
    end)
  end,
}
