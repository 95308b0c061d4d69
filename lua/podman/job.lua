-- A Job as what is to be done on this machine: its steps in order, and what of it means nothing without a cluster.
--
--   job.read(object, sources) -> pod = { title, namespace, steps = { { name, image, kind, container, path } }, spec, metadata, deadline,
--     pod_deadline, retries, left_out = paths of fields, … }
--
-- A field that podman has nothing for ends it (rule `needs-cluster`) where steps would not do what they do on a cluster, and is left
-- out with a warning (`left-out`) where they would.
local diag = require "base.diag"
local value = require "base.value"

local job = {}

local Pod = {}
Pod.__index = Pod

-- What steps do without just as well: it is about where they run, about others, or about being watched.
local LEFT_OUT = {
  spec = { "parallelism", "completions", "ttlSecondsAfterFinished", "podFailurePolicy", "successPolicy", "completionMode", "suspend" },
  pod = { "affinity", "nodeName", "nodeSelector", "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates",
    "resourceClaims", "runtimeClassName", "schedulerName", "schedulingGates", "tolerations", "topologySpreadConstraints", "subdomain",
    "dnsPolicy", "imagePullSecrets", "shareProcessNamespace" },
  container = { "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy", "terminationMessagePolicy" },
}

-- What says nothing: it is what happens anyway.
local USUAL = { parallelism = 1, completions = 1, completionMode = "NonIndexed", suspend = false, dnsPolicy = "ClusterFirst",
  schedulerName = "default-scheduler", terminationMessagePolicy = "File", shareProcessNamespace = false }

-- What steps cannot be done without.
local REFUSED = {
  pod = { "ephemeralContainers", "hostUsers" },
  container = { "volumeDevices", "restartPolicy" },
}

-- refuse(path of a field, why): ends it.
function Pod:refuse(path, why)
  diag.raise { rule = "needs-cluster", message = ("%s: %s"):format(path, why), within = self.title,
    hint = "without a cluster, a run has what podman and the given files have" }
end

-- keys(kind, name, optional, path) -> { key -> bytes } of a Secret or ConfigMap, and which no environment has; nil where an optional
-- is not there
function Pod:keys(kind, name, optional, path)
  local keys, binary = self.sources:get(kind, self.namespace, name)
  if keys or optional then return keys, binary end
  diag.raise { rule = "job-not-started", within = self.title,
    message = ("%s: there is no %s %s/%s among the given files"):format(path, kind, self.namespace, tostring(name)),
    hint = ("-f FILE with the %s; without a cluster there is nothing else to take it from"):format(kind) }
end

-- The keys of a map, in order.
function Pod.sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- container(name) -> a container of the Pod | nil
function Pod:container(name)
  for _, step in ipairs(self.steps) do
    if step.container.name == name then return step.container end
  end
end

local function look(self, t, path, which)
  for _, name in ipairs(LEFT_OUT[which] or {}) do
    if not value.is_empty(t[name]) and t[name] ~= USUAL[name] then self.left_out[#self.left_out + 1] = path .. "." .. name end
  end
  for _, name in ipairs(REFUSED[which] or {}) do
    if not value.is_empty(t[name]) then self:refuse(path .. "." .. name, "podman has nothing for it here") end
  end
end

local function add_step(self, container, path, kind)
  look(self, container, path, "container")
  if type(container.image) ~= "string" or container.image == "" then self:refuse(path .. ".image", "it names no image") end
  self.steps[#self.steps + 1] = { name = container.name, image = container.image, kind = kind, container = container, path = path }
end

-- null counts as absent everywhere.
local function without_null(v)
  if type(v) ~= "table" then return v end
  local copy = {}
  for key, each in pairs(v) do
    if each ~= value.null then copy[key] = without_null(each) end
  end
  return copy
end

-- read(object, sources, id of the run)
function job.read(object, known, id)
  object = without_null(object)
  local metadata, spec = object.metadata, object.spec or {}
  local template = spec.template or {}
  local pod = template.spec or {}
  local namespace = metadata.namespace or known.namespace or "default"
  local self = setmetatable({ title = ("Job %s/%s"):format(namespace, metadata.name), namespace = namespace, name = metadata.name,
    pod_name = metadata.name, uid = id, spec = pod, metadata = template.metadata or {}, sources = known, steps = {}, left_out = {},
    deadline = spec.activeDeadlineSeconds, pod_deadline = pod.activeDeadlineSeconds, retries = spec.backoffLimit or 6 }, Pod)
  look(self, spec, "spec", "spec")
  look(self, pod, "spec.template.spec", "pod")
  for i, container in ipairs(pod.initContainers or {}) do
    add_step(self, container, ("spec.template.spec.initContainers[%d]"):format(i - 1), "init")
  end
  for i, container in ipairs(pod.containers or {}) do
    if i > 1 then
      self:refuse("spec.template.spec.containers[1]", "containers that run beside each other need a cluster; steps run in order")
    end
    add_step(self, container, "spec.template.spec.containers[0]", "main")
  end
  if not self.steps[1] then self:refuse("spec.template.spec.containers", "there is none") end
  return self
end

return job
