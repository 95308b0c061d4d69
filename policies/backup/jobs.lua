-- Jobs, CronJobs and Pods: bounded in what they use, and run once.
local read = include "read.lua"

local KINDS = { "Job", "CronJob", "Pod" }

-- What a container is short of, in words; nil when nothing. A limit without a request is a request as well.
local function missing_of(container)
  local limits, requests = read.map_at(container, "resources", "limits"), read.map_at(container, "resources", "requests")
  local function has(list, name) return list ~= nil and ask(list, name, read.is_given) end
  local missing = {}
  for _, name in ipairs { "cpu", "memory" } do
    if not has(requests, name) and not has(limits, name) then missing[#missing + 1] = "requests." .. name end
  end
  if not has(limits, "memory") then missing[#missing + 1] = "limits.memory" end
  return missing[1] and table.concat(missing, ", ")
end

rule "backup/resources" {
  summary  = "every container says what it needs, and how much memory it may take",
  help     = "A backup without requests is put on any node, and one without a memory limit can take the databases beside it down. " ..
    "Set resources in the Function's or the invoker's runtimeSettings.",
  source   = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
  severity = "warning",
  kinds    = KINDS,
  check    = function(object, report)
    for container in k8s.containers(object) do
      local missing = missing_of(container)
      if missing then
        report(container, "resources", "resources are not set: " .. missing,
          { hint = "runtimeSettings.container.resources of the invoker sets them" })
      end
    end
  end,
}

rule "backup/scratch-limit" {
  summary  = "scratch volumes are bounded",
  help     = "An emptyDir without sizeLimit fills the node's disk, and the node evicts others. Set emptyDir.sizeLimit; for " ..
    "Stash's own, tempDir.sizeLimit.",
  source   = "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
  severity = "warning",
  kinds    = KINDS,
  check    = function(object, report)
    for _, volume in read.items(read.at(k8s.pod(object), "volumes")) do
      local scratch = read.map_at(volume, "emptyDir")
      if scratch and not ask(scratch, "sizeLimit", read.is_given) then
        report(volume, "emptyDir.sizeLimit", "the emptyDir has no sizeLimit: it can fill the node's disk")
      end
    end
  end,
}

rule "backup/restart-policy" {
  summary  = "the Pods of a Job are not restarted for ever",
  help     = "A Job's Pods have restartPolicy Never or OnFailure; an API server refuses others, and Always, the default, would " ..
    "begin a finished backup again.",
  source   = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-template",
  kinds    = { "Job", "CronJob" },
  check    = function(object, report)
    local pod = k8s.pod(object)
    if not pod then return end
    local policy = pod.restartPolicy
    if policy == "Never" or policy == "OnFailure" then return end
    report(pod, "restartPolicy", policy == nil and "restartPolicy is not set, and Always is no policy for a Job"
      or "restartPolicy of a Job is Never or OnFailure", { fix = "Never" })
  end,
}

rule "backup/backoff-limit" {
  summary  = "a Job says how often it is tried again",
  help     = "By default a Job that fails is tried six times more, each time with the load on the database that a backup is. Set " ..
    "backoffLimit; " ..
    "0 leaves it to the next run.",
  source   = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy",
  severity = "warning",
  kinds    = { "Job", "CronJob" },
  check    = function(object, report)
    local path = object.kind == "Job" and "spec" or "spec.jobTemplate.spec"
    local spec = read.map_at(object, "spec")
    if object.kind == "CronJob" then spec = read.map_at(spec, "jobTemplate", "spec") end
    if spec and not ask(spec, "backoffLimit", read.is_number) then
      report(object, path .. ".backoffLimit", "backoffLimit is not set: it is tried six times more")
    end
  end,
}

rule "backup/concurrency" {
  summary  = "a CronJob does not start a backup while the last one runs",
  help     = "Two backups at once wait for the repository's lock, or fail at it. Set concurrencyPolicy: Forbid.",
  source   = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy",
  severity = "warning",
  kinds    = { "CronJob" },
  check    = function(object, report)
    local spec = read.map_at(object, "spec")
    local is_trigger = read.at(object, "metadata", "labels", "app.kubernetes.io/managed-by") == "stash.appscode.com"
    if not spec or is_trigger or spec.concurrencyPolicy == "Forbid" or spec.concurrencyPolicy == "Replace" then return end
    report(spec, "concurrencyPolicy", "a run starts although the last one has not ended", { fix = "Forbid" })
  end,
}
