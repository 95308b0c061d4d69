-- BackupBlueprints: a workload, claim or AppBinding that names one by annotation gets a Repository and a BackupConfiguration of its own.
--
-- Made from the public documentation of auto-backup. Both are named after the target, `<kind>-<name>` in lower case, `app-<name>` for an
-- AppBinding, with a number behind it where the target names several blueprints.
local place = require "base.place"
local subst = require "engine.subst"
local value = require "base.value"

local PREFIX = "stash.appscode.com/"
local NAMES, SCHEDULE = PREFIX .. "backup-blueprint", PREFIX .. "schedule"
local PATHS, MOUNTS = PREFIX .. "target-paths", PREFIX .. "volume-mounts"
local PARAM = "params." .. PREFIX

local PLURALS = { Deployment = "deployments", StatefulSet = "statefulsets", DaemonSet = "daemonsets",
  DeploymentConfig = "deploymentconfigs",
  PersistentVolumeClaim = "persistentvolumeclaims", AppBinding = "appbindings", ReplicaSet = "replicasets" }
local WORKLOADS = { Deployment = true, StatefulSet = true, DaemonSet = true, DeploymentConfig = true, ReplicaSet = true }

-- Fields that both specs have.
local REPOSITORY = { "backend", "wipeOut", "usagePolicy" }
local CONFIGURATION = { "schedule", "task", "retentionPolicy", "runtimeSettings", "tempDir", "interimVolumeTemplate", "hooks",
  "backupHistoryLimit", "timeOut", "retryConfig" }

local function take(into, from, fields)
  for _, field in ipairs(fields) do
    if from[field] ~= nil then
      into[field] = value.copy(from[field])
      place.from(into, field, from, field)
    end
  end
  return into
end

local function split(text)
  local items = {}
  for item in (text .. ","):gmatch "%s*(.-)%s*," do
    if item ~= "" then items[#items + 1] = item end
  end
  return items
end

-- What a blueprint may ask about its target, in the backend's prefix and in the task's name.
local function variables_of(target)
  local v = target.value
  local variables = { TARGET_API_VERSION = v.apiVersion, TARGET_KIND = v.kind:lower(), TARGET_NAMESPACE = target.namespace,
    TARGET_NAME = target.name, TARGET_RESOURCE = PLURALS[v.kind] or v.kind:lower() .. "s" }
  local type = v.kind == "AppBinding" and value.get(v, "spec", "type")
  if type then
    variables.TARGET_APP_TYPE = type
    variables.TARGET_APP_GROUP, variables.TARGET_APP_RESOURCE = type:match "^(.*)/([^/]*)$"
  end
  if v.kind == "AppBinding" then variables.TARGET_APP_VERSION = value.get(v, "spec", "version") end
  return variables
end

-- The table with its variables put in, or nil after reporting what cannot be.
local function filled(t, variables, report, within)
  local references, errors = subst.scan(t)
  local complete = true
  local function problem(rule, ref, message)
    complete = false
    report:add { rule = rule, severity = "error", trouble = true, place = place.inside(ref), message = message, within = within }
  end
  for _, e in ipairs(errors) do problem("bad-substitution", e, e.message) end
  for _, ref in ipairs(references) do
    local known = variables[ref.name] or ref.optional
    if not known then problem("unset-variable", ref, ref.name .. " has no value in a BackupBlueprint") end
  end
  return complete and subst.expand(t, variables) or nil
end

-- "volume:path[:subPath]" as mounts
local function mounts_of(text)
  local mounts = value.list {}
  for i, item in ipairs(split(text)) do
    local volume, path, sub_path = item:match "^([^:]+):([^:]+):?([^:]*)$"
    mounts[i] = { name = volume, mountPath = path, subPath = sub_path ~= "" and sub_path or nil }
  end
  return mounts
end

-- The description of the target, with what its annotations say about workloads.
local function target_spec(target, annotations)
  local v = target.value
  local spec = { ref = { apiVersion = v.apiVersion, kind = v.kind, name = target.name, namespace = target.namespace } }
  if WORKLOADS[v.kind] then
    if annotations[PATHS] then spec.paths = value.list(split(annotations[PATHS])) end
    if annotations[MOUNTS] then spec.volumeMounts = mounts_of(annotations[MOUNTS]) end
  end
  return spec
end

-- The Task of the blueprint with the parameters that the annotations give, whole, over its own.
local function put_params(task, annotations)
  for _, key in ipairs(value.keys(annotations)) do
    if key:sub(1, #PARAM) == PARAM then
      task.params = task.params or value.list {}
      table.insert(task.params, { name = key:sub(#PARAM + 1), value = annotations[key] })
    end
  end
  return next(task) and task or nil
end

local function add(model, kind, version, namespace, name, spec)
  if model:find(kind, namespace, name) then return end
  model:add { kind = kind, namespace = namespace, name = name, value = { apiVersion = PREFIX .. version, kind = kind,
    metadata = { name = name, namespace = namespace }, spec = spec } }
end

local function apply(model, target, annotations, blueprint, name, report)
  local within = ("BackupBlueprint %s, for %s %s/%s"):format(blueprint.name, target.value.kind, target.namespace, target.name)
  local spec, variables = blueprint.value.spec or {}, variables_of(target)
  local repository = filled(take({}, spec, REPOSITORY), variables, report, within)
  local configuration = take({}, spec, CONFIGURATION)
  local task = configuration.task and filled(configuration.task, variables, report, within) or {}
  if not repository or (configuration.task and not next(task)) then return end
  local repository_namespace = not value.is_empty(spec.repoNamespace) and spec.repoNamespace or target.namespace
  local namespace = not value.is_empty(spec.backupNamespace) and spec.backupNamespace or target.namespace
  configuration.task = put_params(task, annotations)
  configuration.schedule = annotations[SCHEDULE] or configuration.schedule
  configuration.repository = { name = name, namespace = repository_namespace }
  configuration.target = target_spec(target, annotations)
  add(model, "Repository", "v1alpha1", repository_namespace, name, repository)
  add(model, "BackupConfiguration", "v1beta1", namespace, name, configuration)
end

-- expand(model, report): adds to the model what blueprints make for the annotated objects, model.annotated. What is in the files already
-- is not made again.
return function(model, report)
  for _, target in ipairs(model.annotated) do
    local annotations = target.value.metadata.annotations
    local named = split(annotations[NAMES])
    for i, blueprint_name in ipairs(named) do
      local blueprint = model:find("BackupBlueprint", "", blueprint_name)
      local kind = target.value.kind == "AppBinding" and "app" or target.value.kind:lower()
      local name = ("%s-%s%s"):format(kind, target.name, #named > 1 and "-" .. i - 1 or "")
      if blueprint then apply(model, target, annotations, blueprint, name, report)
      else
        report:add { rule = "missing-object", severity = "error", trouble = true, place = place.of(annotations, NAMES),
          message = ("BackupBlueprint %s is not among the given files"):format(blueprint_name),
          hint = model:meant("BackupBlueprint", blueprint_name) }
      end
    end
  end
end
