-- The script module `k8s`: helpers for building Kubernetes objects.
local value = require "base.value"

local k8s = {}

-- Lists of a Pod that mean the same when they are empty and when they are absent.
local POD_LISTS = { "initContainers", "containers", "volumes", "imagePullSecrets", "tolerations", "readinessGates",
  "topologySpreadConstraints" }

local function without_empty_lists(pod)
  for _, name in ipairs(POD_LISTS) do
    if type(pod[name]) == "table" and next(pod[name]) == nil then pod[name] = nil end
  end
end

-- k8s.job { metadata = …, spec = … } -> the Job: apiVersion and kind added, empty lists of its Pod removed.
function k8s.job(job)
  job.apiVersion, job.kind = "batch/v1", "Job"
  local pod = value.get(job, "spec", "template", "spec")
  if pod then without_empty_lists(pod) end
  return job
end

-- k8s.list { … } marks a table as a list, so that it is written as [] when it is empty.
k8s.list = value.list

return k8s
