-- Containers of a target: one a step, the hooks before and after them, and Stash's own restore.
local names = require "templates.names"
local place = require "base.place"
local settings = require "templates.settings"
local value = require "base.value"
local volumes = require "templates.volumes"

local containers = {}

local COPIED = { "image", "command", "args", "workingDir", "ports", "volumeDevices" }
local FROM_SETTINGS = { "env", "envFrom", "resources", "livenessProbe", "readinessProbe", "lifecycle", "securityContext" }

local function present(v)
  if not value.is_empty(v) then return v end
end

local function container_settings(resolver) return value.get(resolver.target.spec, "runtimeSettings", "container") end

local function of_step(step, resolver)
  local spec = step.value.spec or {}
  local container = { name = names.container(step, resolver.accidents), imagePullPolicy = "IfNotPresent" }
  place.from(container, false, step.value.metadata, "name")
  for _, field in ipairs(COPIED) do
    container[field] = present(value.copy(spec[field]))
    place.from(container, field, spec, field)
  end
  for _, field in ipairs(FROM_SETTINGS) do
    container[field] = value.copy(value.get(spec, "runtimeSettings", field))
    if container[field] then place.from(container, field, spec.runtimeSettings, field) end
  end
  container.volumeMounts = value.copy(spec.volumeMounts or {})
  volumes.mount_scratch(container)
  if not resolver.accidents then settings.put_priorities(container, spec.runtimeSettings or {}) end
  settings.put_container(container, container_settings(resolver), resolver.accidents)
  return container
end

-- The operator's own image, as far as variables do not say otherwise.
local function operator_image(resolver, step)
  local function variable(name) return resolver:value(name, step) or "" end
  return ("%s/%s:%s"):format(variable "STASH_DOCKER_REGISTRY", variable "STASH_DOCKER_IMAGE", variable "STASH_IMAGE_TAG")
end

local function field_env(name, path) return { name = name, valueFrom = { fieldRef = { fieldPath = path } } } end

-- --- hooks

local HANDLERS = { "exec", "httpGet", "httpPost", "tcpSocket", "containerName" }

-- A hook before the steps runs when it is given at all, one behind them when it says what to run.
local function wants_hook(hook, before)
  if hook == nil or before then return hook ~= nil end
  for _, field in ipairs(HANDLERS) do
    if not value.is_empty(hook[field]) then return true end
  end
  return false
end

-- A hook sees the parameters of all steps, those of later steps over those of earlier ones.
local function hook_params(resolver, kind)
  local params = { HOOK_TYPE = kind }
  for _, step in ipairs(resolver.steps) do
    for name, v in pairs(step.params) do params[name] = v end
  end
  return { params = params }
end

-- All mounts of the containers so far, one a path: the last in the place of the first.
local function all_mounts(so_far)
  local mounts = {}
  for _, container in ipairs(so_far) do
    for _, mount in ipairs(container.volumeMounts) do settings.upsert(mounts, value.copy(mount), "mountPath") end
  end
  return mounts
end

local function hook_container(resolver, kind, name, so_far)
  local target, ref = resolver.target, resolver.described.ref
  local step = hook_params(resolver, kind)
  local function variable(variable_name) return resolver:value(variable_name, step) or "" end
  local container = {
    name = name, image = operator_image(resolver, step),
    args = { "run-hook", "--backupsession=" .. variable "BACKUP_SESSION", "--invoker-kind=" .. target.invoker.kind,
      "--invoker-name=" .. target.invoker.name, "--target-kind=" .. (ref.kind or ""), "--target-namespace=" .. (ref.namespace or ""),
      "--target-name=" .. (ref.name or ""), "--hook-type=" .. variable "HOOK_TYPE", "--hostname=" .. variable "HOSTNAME",
      "--output-dir=" .. variable "outputDir", "--metrics-enabled=true",
      "--metrics-pushgateway-url=" .. resolver.options.option.pushgatewayUrl },
    env = { field_env("POD_NAME", "metadata.name") },
    volumeMounts = all_mounts(so_far),
  }
  settings.put_container(container, container_settings(resolver), resolver.accidents)
  return container
end

-- Adds the hooks of the target around the containers of its steps.
local function add_hooks(all, resolver)
  local hooks = resolver.target.spec.hooks
  if not hooks then return end
  local suffix = resolver.target.direction == "backup" and "Backup" or "Restore"
  if wants_hook(hooks["pre" .. suffix], true) then
    table.insert(all, 1, hook_container(resolver, "pre" .. suffix, "pre-task-hook", all))
  end
  if wants_hook(hooks["post" .. suffix], false) then
    table.insert(all, hook_container(resolver, "post" .. suffix, "post-task-hook", all))
  end
end

-- --- a restore without a Task

local LOGGER = { "--logtostderr=true", "--alsologtostderr=false", "--v=0", "--stderrthreshold=2" }

local function plain_restore(resolver)
  local target, ref = resolver.target, resolver.described.ref
  local function variable(name) return resolver:value(name) or "" end
  local container = {
    name = "stash", image = operator_image(resolver),
    args = { "restore", "--invoker-kind=" .. target.invoker.kind, "--invoker-name=" .. target.invoker.name,
      "--target-kind=" .. (ref.kind or ""), "--target-name=" .. (ref.name or ""), "--target-namespace=" .. (ref.namespace or ""),
      "--restore-model=job", "--enable-cache=" .. variable "ENABLE_CACHE", "--max-connections=" .. variable "MAX_CONNECTIONS",
      "--metrics-enabled=true", "--pushgateway-url=" .. resolver.options.option.pushgatewayUrl,
      "--use-kubeapiserver-fqdn-for-aks=true", table.unpack(LOGGER) },
    env = { field_env("NODE_NAME", "spec.nodeName"), field_env("POD_NAME", "metadata.name") },
    volumeMounts = {},
  }
  volumes.mount_scratch(container)
  for _, mount in ipairs(resolver.described.volumeMounts or {}) do
    table.insert(container.volumeMounts, { name = mount.name, mountPath = mount.mountPath, subPath = mount.subPath })
  end
  settings.put_container(container, container_settings(resolver), resolver.accidents)
  if resolver.accidents then -- else the Pod's default is root, where nobody says otherwise
    local context = { runAsUser = 0, runAsGroup = 0 }
    for field, v in pairs(container.securityContext or {}) do context[field] = v end
    container.securityContext = context
  end
  return container
end

-- All containers of the target, in the order in which they run.
function containers.all(resolver)
  local all = {}
  if resolver:is_plain_restore() then all[1] = plain_restore(resolver)
  else
    for i, step in ipairs(resolver:resolved().steps) do all[i] = of_step(step, resolver) end
    add_hooks(all, resolver)
    volumes.mount_shared(all, resolver)
  end
  if resolver.target.ordinal then
    for _, container in ipairs(all) do
      container.env = container.env or {}
      settings.upsert(container.env, { name = "POD_ORDINAL", value = tostring(resolver.target.ordinal) }, "name")
    end
  end
  return all
end

return containers
