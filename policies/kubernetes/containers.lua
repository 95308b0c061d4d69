-- Rules about single containers: ports, environment, what init containers may not have.
local quantity = include "quantity.lua"
local read     = include "read.lua"

local PORTS = "https://kubernetes.io/docs/concepts/services-networking/service/"
local ENV = "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"

rule "kubernetes/port-name" {
  summary = "no two ports of a container have the same name",
  help    = "A server refuses the Pod.",
  source  = PORTS,
  pods    = true,
  check   = function(pod, report)
    for container in k8s.containers(pod) do
      for _, port in ipairs(read.repeated(container, "ports", "name")) do
        report(port, "name", "another port of the container has this name, too")
      end
    end
  end,
}

rule "kubernetes/duplicate-port" {
  summary  = "a container names each of its ports once",
  help     = "Servers take it; a later update may lose one of the two, because lists of ports are merged by number.",
  source   = PORTS,
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    for container in k8s.containers(pod) do
      local seen = {}
      for _, port in read.items(container, "ports") do
        local number = read.integer(port, "containerPort")
        local id = number and ("%d/%s"):format(number, read.string(port, "protocol") or "TCP")
        if id and seen[id] then report(port, "containerPort", "the container has this port already") end
        if id then seen[id] = true end
      end
    end
  end,
}

-- Init containers that go on running beside the others.
local function is_sidecar(container) return container.restartPolicy == "Always" end

rule "kubernetes/init-container" {
  summary = "init containers have no probes and no lifecycle, unless they are sidecars",
  help    = "A server refuses them: an init container runs to its end before the next one starts. With restartPolicy Always it is a "
    .. "sidecar.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior",
  pods    = true,
  check   = function(pod, report)
    for _, container in read.items(pod.spec, "initContainers") do
      if not is_sidecar(container) then
        for _, field in ipairs(read.present(container, { "lifecycle", "livenessProbe", "readinessProbe", "startupProbe" })) do
          report(container, field, ("an init container has no %s"):format(field))
        end
      end
    end
  end,
}

rule "kubernetes/container-restart-policy" {
  summary = "only init containers have a restartPolicy of their own, which is Always",
  help    = "A server refuses the Pod. Always makes a sidecar of an init container; what other containers do stands in the Pod's "
    .. "restartPolicy.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
  pods    = true,
  check   = function(pod, report)
    for container, list in k8s.containers(pod) do
      local policy = read.string(container, "restartPolicy")
      local rules = read.table(container, "restartPolicyRules")
      if policy and not rules then
        if list == "containers" then report(container, "restartPolicy", "only init containers have a restartPolicy", { fix = k8s.remove })
        elseif policy ~= "Always" then report(container, "restartPolicy", "an init container's restartPolicy must be Always",
          { fix = "Always" }) end
      end
    end
  end,
}

-- --- environment

local SOURCES = { "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef" }

local function is_filled(v) return type(v) == "string" and v ~= "" end

-- Calls visit(variable, valueFrom) for each environment variable with a source.
local function each_source(pod, visit)
  for container in k8s.containers(pod) do
    for _, variable in read.items(container, "env") do
      local from = read.table(variable, "valueFrom")
      if from then visit(variable, from, container) end
    end
  end
end

rule "kubernetes/env-source" {
  summary = "an environment variable has a value or one source of it",
  help    = "A server refuses the Pod when value and valueFrom are both there, and when valueFrom names none or several sources.",
  source  = ENV,
  pods    = true,
  check   = function(pod, report)
    each_source(pod, function(variable, from)
      local present = read.present(from, SOURCES)
      if #present == 0 then report(variable, "valueFrom", "valueFrom must name a source, such as secretKeyRef")
      elseif #present > 1 then report(from, present[2], ("valueFrom has %s already"):format(present[1]))
      elseif ask(variable, "value", is_filled) then report(variable, "valueFrom", "value and valueFrom exclude each other") end
    end)
    for container in k8s.containers(pod) do
      for _, from in read.items(container, "envFrom") do
        local present = read.present(from, { "configMapRef", "secretRef" })
        if #present ~= 1 then report(from, present[2], "exactly one of configMapRef and secretRef must be set") end
      end
    end
  end,
}

local ENV_FIELDS = { ["metadata.name"] = true, ["metadata.namespace"] = true, ["metadata.uid"] = true, ["spec.nodeName"] = true,
  ["spec.serviceAccountName"] = true, ["status.hostIP"] = true, ["status.hostIPs"] = true, ["status.podIP"] = true,
    ["status.podIPs"] = true }
local FILE_FIELDS = { ["metadata.name"] = true, ["metadata.namespace"] = true, ["metadata.uid"] = true, ["metadata.labels"] = true,
  ["metadata.annotations"] = true }

-- A question for each of the two places: what a fieldPath must be, or nil.
local function field_path(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  local message = "must be one of " .. table.concat(names, ", ") .. ", metadata.labels['KEY'], metadata.annotations['KEY']"
  return function(v)
    if type(v) ~= "string" or v == "" or known[v] then return nil end
    local key = v:match "^metadata%.labels%['(.*)'%]$" or v:match "^metadata%.annotations%['(.*)'%]$"
    if not key then return message end
    local name = key:match "^[a-zA-Z0-9.-]+/([%w_.-]+)$" or key:match "^[%w_.-]+$"
    if not name or #name > 63 or not name:find "^%w" or not name:find "%w$" then return "must name a valid key between [' and ']" end
  end
end
local env_path, file_path = field_path(ENV_FIELDS), field_path(FILE_FIELDS)

local function is_old_version(v) return type(v) == "string" and v ~= "" and v ~= "v1" end

local function check_field(ref, question, report)
  if not ref then return end
  local wrong = ask(ref, "fieldPath", question)
  if wrong then report(ref, "fieldPath", "fieldPath " .. wrong) end
  if ask(ref, "apiVersion", is_old_version) then report(ref, "apiVersion", "apiVersion must be v1", { fix = "v1" }) end
end

rule "kubernetes/field-path" {
  summary = "the Pod's fields that containers ask for are among those that they can have",
  help    = "A server refuses other paths. Variables can have a Pod's name, namespace, uid, node, service account, addresses, one label or "
    .. "annotation; files the first three, labels and annotations.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields",
  pods    = true,
  check   = function(pod, report)
    each_source(pod, function(_, from) check_field(read.table(from, "fieldRef"), env_path, report) end)
    for _, volume in read.items(pod.spec, "volumes") do
      for _, item in read.items(read.table(volume, "downwardAPI") or {}, "items") do check_field(read.table(item, "fieldRef"), file_path,
        report) end
      for _, source in read.items(read.table(volume, "projected") or {}, "sources") do
        for _, item in read.items(read.table(source, "downwardAPI") or {}, "items") do
          check_field(read.table(item, "fieldRef"), file_path, report)
        end
      end
    end
  end,
}

-- --- resources of a container, as variables and files

local RESOURCES = { cpu = true, memory = true, ["ephemeral-storage"] = true }
local function wrong_resource(v)
  if type(v) ~= "string" or v == "" then return nil end
  local name = v:match "^limits%.(.+)$" or v:match "^requests%.(.+)$"
  if not (name and (RESOURCES[name] or name:find "^hugepages%-")) then
    return "must be limits. or requests. and cpu, memory, ephemeral-storage or hugepages-SIZE"
  end
end

-- Questions: whether a divisor of each resource is wrong. 0 stands for the default, as an absent divisor does.
local function wrong_cpu(v)
  local exponent, base = quantity.power(v)
  return quantity.value(v) ~= nil and quantity.value(v) ~= 0 and not (exponent == 0 or exponent == -1 and base == 10)
end
local function wrong_bytes(v)
  local exponent = quantity.power(v)
  return quantity.value(v) ~= nil and quantity.value(v) ~= 0 and not (exponent and exponent >= 0)
end

local function check_resource(ref, needs_container, report)
  if not ref then return end
  local wrong = ask(ref, "resource", wrong_resource)
  if wrong then return report(ref, "resource", "resource " .. wrong) end
  local name = (read.string(ref, "resource") or ""):match "%.(.*)$"
  if name == "cpu" and ask(ref, "divisor", wrong_cpu) then report(ref, "divisor", "divisor must be 1 or 1m")
  elseif name ~= "cpu" and ask(ref, "divisor", wrong_bytes) then report(ref, "divisor", "divisor must be 1 with a suffix, such as 1Mi") end
  if needs_container and read.is_empty(ref, "containerName") then report(ref, "containerName",
    "containerName is missing: a volume has no container of its own") end
end

rule "kubernetes/resource-field" {
  summary = "resources that containers ask for by name exist, with a divisor of 1 and a suffix",
  help    = "A server refuses other names and divisors; a file in a volume must name its container, too.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-resourceFieldRef",
  pods    = true,
  check   = function(pod, report)
    each_source(pod, function(_, from) check_resource(read.table(from, "resourceFieldRef"), false, report) end)
    for _, volume in read.items(pod.spec, "volumes") do
      for _, item in read.items(read.table(volume, "downwardAPI") or {}, "items") do
        check_resource(read.table(item, "resourceFieldRef"), true, report)
      end
      for _, source in read.items(read.table(volume, "projected") or {}, "sources") do
        for _, item in read.items(read.table(source, "downwardAPI") or {}, "items") do
          check_resource(read.table(item, "resourceFieldRef"), true, report)
        end
      end
    end
  end,
}
