-- `ctx`: what a template's render function and a provider's resolve function are given. Public script API.
--
--   ctx.task         the Task, substituted          ctx.invoker     the BackupConfiguration, or nil
--   ctx.target       what is backed up              ctx.session     the BackupSession, or nil
--   ctx.spec         the target's part of the invoker   ctx.repository  the Repository, or nil
--   ctx.namespace    of what is made, or nil        ctx.options     the command line's --option values
--   ctx.index        the target's number            ctx.repository_namespace
--
-- All of these are read-only views. The functions below return tables of the script's own, which it may change:
--
--   ctx:find(kind, name [, namespace])   a view of an object as it was written, or nil
--   ctx:variable(name)   its value as a Function sees it, or nil; raises when its provider fails
--   ctx:containers()     one container a step, in order, with the invoker's container settings applied
--   ctx:volumes()        the Task's volumes and the scratch volume
--   ctx:pod { … }        the given Pod spec with the invoker's Pod settings and the service account
--   ctx:metadata()       name, namespace, labels and owner of the Job
--   ctx:pod_metadata()   labels and annotations of its Pods
local diag = require "base.diag"
local kinds = require "documents.kinds"
local names = require "templates.names"
local settings = require "templates.settings"
local value = require "base.value"
local view = require "engine.view"

local upsert = settings.upsert

local methods = {}

-- The resolver behind a context, which scripts must not reach.
local resolvers = setmetatable({}, { __mode = "k" })

local SCRATCH, SCRATCH_PATH = "stash-tmp-dir", "/stash-tmp"
local COPIED = { "image", "command", "args", "workingDir", "ports", "volumeDevices" }
local FROM_SETTINGS = { "env", "envFrom", "resources", "livenessProbe", "readinessProbe", "lifecycle", "securityContext" }

local function present(v)
  if not value.is_empty(v) then return v end
end

local function container_of(step, given)
  local spec = step.value.spec or {}
  local container = { name = ("%s-%d"):format(names.without_dots(step.name), step.index), imagePullPolicy = "IfNotPresent" }
  for _, field in ipairs(COPIED) do container[field] = present(value.copy(spec[field])) end
  for _, field in ipairs(FROM_SETTINGS) do container[field] = value.copy(value.get(spec, "runtimeSettings", field)) end
  container.volumeMounts = value.copy(spec.volumeMounts or {})
  upsert(container.volumeMounts, { name = SCRATCH, mountPath = SCRATCH_PATH }, "mountPath")
  settings.put_container(container, given)
  return container
end

function methods:containers()
  local resolver = resolvers[self]
  local containers = {}
  local given = value.get(resolver.target.spec, "runtimeSettings", "container")
  for i, step in ipairs(resolver:resolved().steps) do containers[i] = container_of(step, given) end
  return containers
end

-- The scratch volume takes the place of an emptyDir of its name; another volume of that name is a mistake.
local function put_scratch(volumes, temp, resolver)
  local scratch
  for _, volume in ipairs(volumes) do
    if volume.name == SCRATCH then
      if not volume.emptyDir then
        diag.raise { rule = "scratch-volume", message = ("the volume %s of Task %s must be an emptyDir"):format(SCRATCH, resolver.task.name) }
      end
      scratch = volume
    end
  end
  if not scratch then
    scratch = { name = SCRATCH, emptyDir = {} }
    volumes[#volumes + 1] = scratch
  end
  scratch.emptyDir.medium = present(temp.medium)
  scratch.emptyDir.sizeLimit = temp.sizeLimit
end

function methods:volumes()
  local resolver = resolvers[self]
  local volumes = value.copy(value.get(resolver:resolved().expanded, "spec", "volumes") or {})
  put_scratch(volumes, resolver.target.spec.tempDir or {}, resolver)
  return settings.merge_volumes(volumes)
end

local function service_account(resolver)
  local target = resolver.target
  local given = value.get(target.spec, "runtimeSettings", "pod", "serviceAccountName")
  local fixed = resolver.options.option.serviceAccountName
  if not value.is_empty(given) then return given end
  if fixed and fixed ~= "" then return fixed end
  if not target.invoker then return nil end
  return names.with_suffix(target.invoker.kind:lower(), target.invoker.name, tostring(target.index))
end

function methods:pod(pod)
  local resolver = resolvers[self]
  settings.put_pod(pod, value.get(resolver.target.spec, "runtimeSettings", "pod"))
  pod.serviceAccountName = service_account(resolver)
  return pod
end

local function labels(resolver)
  local invoker = resolver.target.invoker
  local all = value.copy(invoker and value.get(invoker.value, "metadata", "labels") or {})
  all["app.kubernetes.io/component"] = "stash-backup"
  all["app.kubernetes.io/managed-by"] = "stash.appscode.com"
  return all
end

function methods:metadata()
  local resolver = resolvers[self]
  local target = resolver.target
  local metadata = { namespace = target.namespace, labels = labels(resolver) }
  if target.session then
    metadata.name = names.with_suffix("stash-backup", names.without_dots(target.session.name), tostring(target.index))
    metadata.ownerReferences = { { apiVersion = target.session.value.apiVersion, kind = target.session.kind, name = target.session.name,
      uid = value.get(target.session.value, "metadata", "uid") or "", controller = true, blockOwnerDeletion = true } }
  else
    metadata.name = names.cut(names.without_dots(resolver.task.name))
  end
  return metadata
end

function methods:pod_metadata()
  local resolver = resolvers[self]
  local annotations = value.get(resolver.target.spec, "runtimeSettings", "pod", "podAnnotations")
  return { labels = labels(resolver), annotations = present(value.copy(annotations)) }
end

function methods:find(kind, name, namespace)
  local resolver = resolvers[self]
  if not kinds.known[kind] then error(("ctx:find knows no kind %s"):format(kind), 2) end
  local entry = resolver.model:find(kind, namespace or resolver.target.namespace or "", name)
  return entry and view.of(entry.value)
end

function methods:variable(name)
  return resolvers[self].chain:lookup(name)
end

local fields = {
  task = function(r) return r:resolved().expanded end,
  target = function(r) return r.described end,
  spec = function(r) return r.target.spec end,
  invoker = function(r) return r.target.invoker and r.target.invoker.value end,
  session = function(r) return r.target.session and r.target.session.value end,
  repository = function(r) return r.repository and r.repository.value end,
  repository_namespace = function(r) return r.repository and r.repository.namespace end,
  namespace = function(r) return r.target.namespace end,
  index = function(r) return r.target.index end,
  options = function(r) return r.options.option end,
}

local Context = {
  __index = function(self, name)
    if methods[name] then return methods[name] end
    local field = fields[name]
    if not field then error(("ctx has no field %s"):format(name), 2) end
    return view.of(field(resolvers[self]))
  end,
  __newindex = function() error("ctx is read-only", 2) end,
  __metatable = false,
}

-- context(resolver) -> ctx
return function(resolver)
  local ctx = setmetatable({}, Context)
  resolvers[ctx] = resolver
  return ctx
end
