-- Rules about a Pod as a whole: its containers' names, its network, its DNS.
local read = include "read.lua"

local PODS = "https://kubernetes.io/docs/concepts/workloads/pods/"

local LISTS = { "initContainers", "containers", "ephemeralContainers" }

rule "kubernetes/duplicate-container" {
  summary = "no two containers of a Pod have the same name",
  help    = "A server refuses the Pod. Init containers and ephemeral containers count too.",
  source  = PODS,
  pods    = true,
  check   = function(pod, report)
    local seen = {}
    for _, list in ipairs(LISTS) do
      for _, container in ipairs(read.repeated(pod.spec, list, "name", seen)) do
        report(container, "name", "another container has this name, too")
      end
    end
  end,
}

rule "kubernetes/ephemeral-containers" {
  summary = "ephemeral containers are not part of a Pod that is created",
  help    = "A server refuses them: they are added to a running Pod, as kubectl debug does.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
  pods    = true,
  check   = function(pod, report)
    local containers = read.table(pod.spec, "ephemeralContainers")
    if containers and #containers > 0 then
      report(pod.spec, "ephemeralContainers", "ephemeral containers cannot be there from the start")
    end
  end,
}

-- Host ports as a server sees them: with hostNetwork, every port is one.
local function host_port(port, host_network)
  local own, given = read.integer(port, "containerPort"), read.integer(port, "hostPort")
  if given and given ~= 0 then return given, own end
  return host_network and own or nil, own
end

-- Reports host ports in `used` that a container takes again.
local function check_host_ports(container, host_network, used, report)
  for _, port in read.items(container, "ports") do
    local number, own = host_port(port, host_network)
    if number and host_network and own and number ~= own then
      report(port, "hostPort", "with hostNetwork, hostPort must be the same as containerPort", { fix = own })
    end
    if number then
      local id = ("%s/%s/%d"):format(read.string(port, "protocol") or "TCP", read.string(port, "hostIP") or "", number)
      if used[id] then report(port, read.is_absent(port, "hostPort") and "containerPort" or "hostPort",
        "another port takes this port of the host") end
      used[id] = true
    end
  end
end

rule "kubernetes/host-port" {
  summary = "ports of the host are taken once, and equal the container's with hostNetwork",
  help    = "A server refuses the Pod. With hostNetwork there is only one port, so containerPort and hostPort must agree.",
  source  = PODS,
  pods    = true,
  check   = function(pod, report)
    local host_network = read.is_true(pod.spec, "hostNetwork")
    local used = {}
    for _, container in read.items(pod.spec, "containers") do check_host_ports(container, host_network, used, report) end
    for _, container in read.items(pod.spec, "initContainers") do check_host_ports(container, host_network, {}, report) end
  end,
}

rule "kubernetes/host-process-namespace" {
  summary = "a Pod does not ask for one process namespace of its own and the host's",
  help    = "A server refuses shareProcessNamespace together with hostPID.",
  source  = "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
  pods    = true,
  check   = function(pod, report)
    if read.is_true(pod.spec, "shareProcessNamespace") and read.is_true(pod.spec, "hostPID") then
      report(pod.spec, "shareProcessNamespace", "shareProcessNamespace and hostPID exclude each other")
    end
  end,
}

-- --- DNS

local MOST_NAMESERVERS, MOST_SEARCHES, MOST_SEARCH_LETTERS = 3, 32, 2048

local function length(v) return type(v) == "string" and #v or 0 end

local function check_dns(spec, dns, report)
  local servers = dns and read.table(dns, "nameservers")
  if read.string(spec, "dnsPolicy") == "None" and #(servers or {}) == 0 then
    report(dns or spec, dns and "nameservers" or "dnsPolicy", "with dnsPolicy None, dnsConfig must name a server")
  end
  if not dns then return end
  if servers and #servers > MOST_NAMESERVERS then
    report(dns, "nameservers", ("there may be %d nameservers, and there are %d"):format(MOST_NAMESERVERS, #servers))
  end
  local searches, letters = read.table(dns, "searches"), 0
  for i = 1, searches and #searches or 0 do letters = letters + ask(searches, i, length) end
  if searches and (#searches > MOST_SEARCHES or letters + #searches - 1 > MOST_SEARCH_LETTERS) then
    report(dns, "searches", ("there may be %d search domains with %d characters"):format(MOST_SEARCHES, MOST_SEARCH_LETTERS))
  end
end

rule "kubernetes/dns-config" {
  summary = "a Pod's DNS has what its policy needs, and not more than a resolver takes",
  help    = "A server refuses dnsPolicy None without a nameserver, more than 3 nameservers and more than 32 search domains.",
  source  = "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
  pods    = true,
  check   = function(pod, report) check_dns(pod.spec, read.table(pod.spec, "dnsConfig"), report) end,
}

-- --- names that must be told apart

local function check_unique(spec, list, field, what, report)
  local seen = {}
  for _, item in read.items(spec, list) do
    local name = read.string(item, field)
    if name and seen[name] then report(item, field, ("another %s has this name, too"):format(what)) end
    if name then seen[name] = true end
  end
end

rule "kubernetes/duplicate-setting" {
  summary = "sysctls, scheduling gates and resource claims of a Pod are listed once",
  help    = "A server refuses the Pod.",
  source  = PODS,
  pods    = true,
  check   = function(pod, report)
    check_unique(read.table(pod.spec, "securityContext") or {}, "sysctls", "name", "sysctl", report)
    check_unique(pod.spec, "schedulingGates", "name", "scheduling gate", report)
    check_unique(pod.spec, "resourceClaims", "name", "resource claim", report)
  end,
}

rule "kubernetes/resource-claim" {
  summary = "a resource claim of a Pod names a claim or a template of one",
  help    = "A server refuses none and both of resourceClaimName and resourceClaimTemplateName, and containers that use claims the Pod "
    .. "does not have.",
  source  = "https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/",
  pods    = true,
  check   = function(pod, report)
    for _, claim in read.items(pod.spec, "resourceClaims") do
      if #read.present(claim, { "resourceClaimName", "resourceClaimTemplateName" }) ~= 1 then
        report(claim, nil, "exactly one of resourceClaimName and resourceClaimTemplateName must be set")
      end
    end
    local names = read.names(pod.spec, "resourceClaims")
    for container in k8s.containers(pod) do
      for _, claim in read.items(read.table(container, "resources") or {}, "claims") do
        local name = read.string(claim, "name")
        if name and not names[name] then report(claim, "name", "the Pod has no resource claim of this name") end
      end
    end
  end,
}

local function is_apparmor(v)
  return type(v) ~= "string" or v == "" or v == "runtime/default" or v == "unconfined" or v:find "^localhost/." ~= nil
end

local APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

rule "kubernetes/apparmor-annotation" {
  summary = "AppArmor annotations name a container of the Pod and a kind of profile",
  help    = "A server refuses the Pod. Since 1.30 appArmorProfile in a securityContext says the same.",
  source  = "https://kubernetes.io/docs/tutorials/security/apparmor/",
  pods    = true,
  check   = function(pod, report)
    local annotations = read.table(read.table(pod, "metadata") or {}, "annotations")
    for key in read.keys(annotations) do
      if type(key) == "string" and key:sub(1, #APPARMOR) == APPARMOR then
        local container, found = key:sub(#APPARMOR + 1), false
        for _, list in ipairs(LISTS) do found = found or read.names(pod.spec, list)[container] end
        if not found then report(annotations, { key }, ("there is no container %s"):format(container)) end
        if not ask(annotations, key, is_apparmor) then
          report(annotations, { key }, "the profile must be runtime/default, unconfined or localhost/NAME")
        end
      end
    end
  end,
}
