-- The template `schedule`: the CronJob that starts the sessions of a BackupConfiguration or BackupBatch, as Stash makes it.
--
-- Used for `render --kind CronJob`: ctx.invoker is the BackupConfiguration or BackupBatch, and there is no session, Task or Repository.

local LONGEST = 52 -- Kubernetes adds eleven characters to a CronJob's name for each Job

local function strip(name) return (name:gsub("^%-+", ""):gsub("%-+$", "")) end

-- The namespace of the first target that names one, or nil.
local function target_namespace(spec)
  for _, member in ipairs(spec.members or { spec }) do
    local ref = member.target and member.target.ref
    if ref and ref.namespace and ref.namespace ~= "" then return ref.namespace end
  end
end

-- Cut at the front; where the target lives elsewhere, the namespace is in the name and the middle is cut.
local function schedule_name(ctx)
  local name = ctx.invoker.metadata.name:gsub("%.", "-")
  local elsewhere = target_namespace(ctx.spec)
  if elsewhere and elsewhere ~= ctx.namespace then
    local whole = ("stash-trigger-%s-%s"):format(ctx.namespace, name)
    return strip(#whole > LONGEST and whole:sub(1, LONGEST // 2) .. whole:sub(-LONGEST // 2) or whole)
  end
  return strip(("stash-trigger-" .. name):sub(-LONGEST))
end

local function trigger(ctx)
  local given = ctx.spec.runtimeSettings and ctx.spec.runtimeSettings.container or {}
  return {
    name = "stash-trigger", imagePullPolicy = "IfNotPresent",
    image = ("%s/%s:%s"):format(ctx:variable "STASH_DOCKER_REGISTRY", ctx:variable "STASH_DOCKER_IMAGE", ctx:variable "STASH_IMAGE_TAG"),
    args = { "create-backupsession", "--invoker-name=" .. ctx.invoker.metadata.name, "--invoker-kind=" .. ctx.invoker.kind },
    resources = k8s.copy(given.resources), env = k8s.copy(given.env), envFrom = k8s.copy(given.envFrom),
    securityContext = k8s.copy(given.securityContext),
  }
end

local function service_account(ctx, name)
  local given = ctx.spec.runtimeSettings and ctx.spec.runtimeSettings.pod and ctx.spec.runtimeSettings.pod.serviceAccountName
  if given and given ~= "" then return given end
  return ctx.options.serviceAccountName ~= "" and ctx.options.serviceAccountName or name
end

local function owner(ctx)
  local invoker = ctx.invoker
  return { apiVersion = invoker.apiVersion, kind = invoker.kind, name = invoker.metadata.name, uid = invoker.metadata.uid or "",
    controller = true, blockOwnerDeletion = true }
end

template "schedule" {
  summary = "the CronJob that starts the sessions of a BackupConfiguration or BackupBatch",
  accidents = true,
  render = function(ctx)
    if not ctx.invoker then error("a schedule is that of a BackupConfiguration or BackupBatch, which --task leaves out", 0) end
    local name = schedule_name(ctx)
    local pod = ctx:pod { containers = { trigger(ctx) }, restartPolicy = "Never" }
    pod.serviceAccountName = service_account(ctx, name)
    local job_labels = ctx:pod_metadata().labels
    job_labels["stash.appscode.com/delete-job-on-completion"] = "true"
    return {
      apiVersion = "batch/v1", kind = "CronJob",
      metadata = { name = name, namespace = ctx.namespace, labels = ctx:pod_metadata().labels, ownerReferences = { owner(ctx) } },
      spec = { schedule = ctx.spec.schedule, suspend = ctx.spec.paused,
        jobTemplate = { metadata = { labels = job_labels }, spec = { template = { metadata = ctx:pod_metadata(), spec = pod } } } },
    }
  end,
}
