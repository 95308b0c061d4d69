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

-- Where each kind keeps its Pod's spec.
local POD_PATHS = {
  Pod = { "spec" }, Job = { "spec", "template", "spec" }, CronJob = { "spec", "jobTemplate", "spec", "template", "spec" },
  Deployment = { "spec", "template", "spec" }, StatefulSet = { "spec", "template", "spec" }, DaemonSet = { "spec", "template", "spec" },
  ReplicaSet = { "spec", "template", "spec" },
}

function k8s.pod(object)
  local shown = view.shown(object)
  local path = type(shown) == "table" and POD_PATHS[shown.kind]
  return path and view.of(value.get(shown, table.unpack(path)))
end

local CONTAINER_LISTS = { "initContainers", "containers", "ephemeralContainers" }

function k8s.containers(object)
  local pod = view.shown(k8s.pod(object))
  local found = {}
  for _, name in ipairs(CONTAINER_LISTS) do
    for _, container in ipairs(value.get(pod, name) or {}) do found[#found + 1] = container end
  end
  local i = 0
  return function()
    i = i + 1
    return view.of(found[i])
  end
end

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
