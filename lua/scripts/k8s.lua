-- The script module `k8s`: helpers for building and looking at Kubernetes objects.
local place = require "base.place"
local value = require "base.value"
local view = require "engine.view"

local k8s = {}

-- Lists of a Pod that mean the same when they are empty and when they are absent.
local POD_LISTS = { "initContainers", "containers", "volumes", "imagePullSecrets", "tolerations", "readinessGates",
  "topologySpreadConstraints" }

local function without_empty_lists(pod)
  for _, name in ipairs(POD_LISTS) do
    if type(pod[name]) == "table" and next(pod[name]) == nil then pod[name] = nil end
  end
end

function k8s.job(job)
  job.apiVersion, job.kind = "batch/v1", "Job"
  local pod = value.get(job, "spec", "template", "spec")
  if pod then without_empty_lists(pod) end
  return job
end

k8s.list = value.list
k8s.copy = value.copy

-- Where each kind keeps its Pod's template; a Pod is its own.
local TEMPLATES = {
  Pod = {}, PodTemplate = { "template" }, Job = { "spec", "template" }, CronJob = { "spec", "jobTemplate", "spec", "template" },
  Deployment = { "spec", "template" }, StatefulSet = { "spec", "template" }, DaemonSet = { "spec", "template" },
  ReplicaSet = { "spec", "template" }, ReplicationController = { "spec", "template" },
}

function k8s.has_pod(kind) return TEMPLATES[kind] ~= nil end

-- A table below these keys, or nil.
local function table_at(t, ...)
  local found = value.get(t, ...)
  return type(found) == "table" and found or nil
end

function k8s.template(object)
  local shown = view.shown(object)
  local path = type(shown) == "table" and TEMPLATES[shown.kind]
  return path and view.of(table_at(shown, table.unpack(path)))
end

function k8s.pod(object)
  local template = view.shown(k8s.template(object))
  return template and view.of(table_at(template, "spec"))
end

local CONTAINER_LISTS = { "initContainers", "containers", "ephemeralContainers" }

-- Of an object, or of a Pod or its template, whatever its kind.
function k8s.containers(object)
  local shown = view.shown(k8s.pod(object)) or table_at(view.shown(object), "spec")
  local list, i = 1, 0
  return function()
    while list <= #CONTAINER_LISTS do
      local all = table_at(shown, CONTAINER_LISTS[list])
      i = i + 1
      if not all or i > #all then list, i = list + 1, 0
      elseif type(all[i]) == "table" then return view.of(all[i]), CONTAINER_LISTS[list], i - 1 end
    end
  end
end

-- What `fix` is when the key should go.
k8s.remove = view.of(value.list { "remove" })

function k8s.pick(object, ...)
  local shown, picked = view.shown(object), {}
  for i = 1, select("#", ...) do
    local name = select(i, ...)
    picked[name] = value.copy(value.get(shown, name))
    place.from(picked, name, shown, name)
  end
  return picked
end

-- RFC 1123: lower case letters, digits and "-", a letter or digit at both ends, up to 63 bytes.
function k8s.valid_name(name)
  return type(name) == "string" and #name <= 63 and name:find "^[a-z0-9][a-z0-9-]*$" ~= nil and name:sub(-1) ~= "-"
end

return k8s
