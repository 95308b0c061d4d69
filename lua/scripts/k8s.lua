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

-- What stands below a key of a table or view when that is a table or view itself, or nil. All that these functions look at, they look at
-- as a script would: what rules look at may be noted (engine.recall).
local function below(t, key)
  local found = t and t[key]
  return view.type(found) == "table" and found or nil
end

function k8s.template(object)
  local path = view.type(object) == "table" and TEMPLATES[object.kind]
  local found = path and view.of(object)
  for _, key in ipairs(path or {}) do found = below(found, key) end
  return found
end

function k8s.pod(object) return below(k8s.template(object), "spec") end

local CONTAINER_LISTS = { "initContainers", "containers", "ephemeralContainers" }

-- Of an object, or of a Pod or its template, whatever its kind.
function k8s.containers(object)
  local pod = k8s.pod(object) or below(view.of(object), "spec")
  local list, i, all = 0, 0, nil
  return function()
    while list <= #CONTAINER_LISTS do
      i = i + 1
      if not all or i > #all then
        list, i = list + 1, 0
        all = below(pod, CONTAINER_LISTS[list] or "")
      elseif below(all, i) then return all[i], CONTAINER_LISTS[list], i - 1 end
    end
  end
end

function k8s.keys(part)
  local t, keys = view.inside(part), {}
  for _, key in ipairs(type(t) == "table" and value.keys(t) or {}) do
    if t[key] ~= value.null then keys[#keys + 1] = key end
  end
  return keys
end

function k8s.is_list(part)
  local t = view.inside(part)
  return type(t) == "table" and value.is_list(t)
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
