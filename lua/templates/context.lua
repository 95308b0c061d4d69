-- `ctx`: what a template's render function and a provider's resolve function are given. Public script API.
--
--   ctx.direction    "backup" or "restore"
--   ctx.task         the Task, substituted          ctx.invoker     what describes the target, or nil
--   ctx.target       what is backed up or restored  ctx.session     the session that owns what is made, or nil
--   ctx.spec         the target's part of the invoker   ctx.repository  the Repository, or nil
--   ctx.namespace    of what is made, or nil        ctx.options     the command line's --option values
--   ctx.index        the target's number            ctx.repository_namespace
--   ctx.row          the target's row of a batch, or nil: name, namespace, task, variables, params
--   ctx.ordinal      the replica's number, or nil   ctx.accidents   true when mistakes of the original are wanted
--
-- All of these are read-only views. The functions below return tables of the script's own, which it may change:
--
--   ctx:find(kind, name [, namespace])   a view of an object as it was written, or nil
--   ctx:variable(name)   its value as a Function sees it, or nil; raises when its provider fails
--   ctx:containers()     one container a step and hook, in order, with the invoker's container settings applied
--   ctx:volumes()        the Task's volumes, scratch space, interim data, claims
--   ctx:claims()         the claims that the target needs
--   ctx:pod { … }        the given Pod spec with the invoker's Pod settings, the service account and safe security contexts
--   ctx:metadata([n])    name, namespace, labels and owner of the Job, or of the n-th of several
--   ctx:pod_metadata()   labels and annotations of its Pods
--   ctx:deadline()       the invoker's timeOut in seconds, or nil
local containers = require "templates.containers"
local deadline = require "templates.deadline"
local kinds = require "documents.kinds"
local names = require "templates.names"
local security = require "templates.security"
local settings = require "templates.settings"
local value = require "base.value"
local view = require "engine.view"
local volumes = require "templates.volumes"

local methods = {}

-- The resolver behind a context, which scripts must not reach.
local resolvers = setmetatable({}, { __mode = "k" })

function methods:containers() return containers.all(resolvers[self]) end

function methods:volumes()
  local resolver = resolvers[self]
  local of_task = not resolver:is_plain_restore() and value.get(resolver:resolved().expanded, "spec", "volumes")
  return volumes.all(resolver, of_task or nil)
end

-- The volume of interim data alone, as the list that it would be.
function methods:interim_volumes() return { volumes.interim(resolvers[self]) } end

function methods:claims()
  local resolver = resolvers[self]
  local all = value.copy(resolver.claims or {})
  if not resolver:is_plain_restore() then all[#all + 1] = volumes.interim_claim(resolver) end
  return all
end

function methods:pod(pod)
  local resolver = resolvers[self]
  settings.put_pod(pod, value.get(resolver.target.spec, "runtimeSettings", "pod"))
  pod.serviceAccountName = names.service_account(resolver)
  if not resolver.accidents then
    for _, warning in ipairs(settings.strip_init(pod)) do resolver:problem(warning) end
    for _, warning in ipairs(security(pod, resolver.target.direction)) do resolver:problem(warning) end
  end
  return pod
end

function methods:deadline() return deadline(resolvers[self]) end

function methods:metadata(number)
  local resolver = resolvers[self]
  if number ~= nil and math.type(number) ~= "integer" then error("ctx:metadata takes the number of the object, if anything", 2) end
  return { name = names.job(resolver, number), namespace = resolver.target.namespace, labels = names.labels(resolver),
    ownerReferences = names.owners(resolver) }
end

function methods:pod_metadata()
  local resolver = resolvers[self]
  local annotations = value.get(resolver.target.spec, "runtimeSettings", "pod", "podAnnotations")
  local labels = names.labels(resolver)
  for label, v in pairs(not resolver.accidents and value.get(resolver.target.spec, "runtimeSettings", "pod", "podLabels") or {}) do
    labels[label] = labels[label] or v
  end
  return { labels = labels, annotations = not value.is_empty(annotations) and value.copy(annotations) or nil }
end

function methods:find(kind, name, namespace)
  local resolver = resolvers[self]
  if not kinds.known[kind] then error(("ctx:find knows no kind %s"):format(kind), 2) end
  local entry = resolver.model:find(kind, namespace or resolver.target.namespace or "", name)
  return entry and view.of(entry.value)
end

function methods:variable(name) return resolvers[self]:value(name) end

local fields = {
  direction = function(r) return r.target.direction end,
  task = function(r) return r:resolved().expanded end,
  target = function(r) return r.described end,
  spec = function(r) return r.target.spec end,
  invoker = function(r) return r.target.invoker and r.target.invoker.value end,
  session = function(r) return r.target.session and r.target.session.value end,
  repository = function(r) return r.repository and r.repository.value end,
  repository_namespace = function(r) return r.repository and r.repository.namespace end,
  namespace = function(r) return r.target.namespace end,
  row = function(r) return r.target.row end,
  index = function(r) return r.target.index end,
  ordinal = function(r) return r.target.ordinal end,
  accidents = function(r) return r.accidents or false end,
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
