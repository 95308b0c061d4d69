-- Server-side apply, as the field manager `moonstep`.
--
--   apply.live(connection, object)                          -> what is there under its name, or nil
--   apply.send(connection, object, { dry, force })          -> the object as it is then, or would be; raises why not
--   apply.changes(live or nil, applied)                     -> "created" | "changed" | "unchanged"
--   apply.delete(connection, object [, { dry }])            -> true | false: there was none
--   apply.merge(connection, object, patch)                  changes what the patch says, whoever has set it
--   apply.touch(connection, object, annotation, text)       changes nothing else, so that whoever sees to such objects looks at it again
--
-- A field that another manager has set is not taken away: that is an error which names manager and field, unless `force` says that it is
-- ours from now on. What the server checks (rights, quotas, fields that cannot change, its own rules), it checks for `dry` too.
local connection = require "kube.connection"
local json = require "kube.json"
local refusal = require "kube.refusal"
local resources = require "kube.resources"
local value = require "base.value"

local apply = {}

local HEADERS = { ["content-type"] = "application/apply-patch+yaml" } -- which JSON is, too

-- named(object) -> "Job shop/nightly"
function apply.named(object)
  local metadata = object.metadata
  return ("%s %s%s"):format(object.kind, metadata.namespace and metadata.namespace .. "/" or "", metadata.name)
end

local function path_of(self, object)
  return resources.path(self, { apiVersion = object.apiVersion, kind = object.kind, namespace = object.metadata.namespace,
    name = object.metadata.name })
end

function apply.live(self, object) return self:get(path_of(self, object)) end

-- Raises a conflict with other managers, with the fields of each.
local function raise_conflict(self, object, all)
  local parts = {}
  for i, each in ipairs(all) do parts[i] = ("%s (%s)"):format(each.field, each.manager) end
  self:raise(("%s: %s of it %s set by another manager than %s: %s"):format(apply.named(object), #all == 1 and "a field"
    or #all .. " fields",
    #all == 1 and "is" or "are", connection.MANAGER, table.concat(parts, ", ")),
    "--force-conflicts takes them over; else leave them out of what is rendered")
end

function apply.send(self, object, how)
  local request = { method = "PATCH", path = path_of(self, object), headers = HEADERS, body = json.encode(object),
    query = { fieldManager = connection.MANAGER, force = how.force and "true" or nil, dryRun = how.dry and "All" or nil,
      fieldValidation = "Strict" } }
  local answer = self:request(request)
  if answer.status == 409 then
    local conflicts = refusal.conflicts(answer)
    if conflicts[1] then raise_conflict(self, object, conflicts) end
  end
  return self:expect(answer, request)
end

local MERGE = { ["content-type"] = "application/merge-patch+json" }

function apply.merge(self, object, patch)
  local request = { method = "PATCH", path = path_of(self, object), headers = MERGE, query = { fieldManager = connection.MANAGER },
    body = json.encode(patch) }
  self:expect(self:request(request), request)
end

function apply.touch(self, object, annotation, text) apply.merge(self, object, { metadata = { annotations = { [annotation] = text } } }) end

-- Fields that the server keeps for itself, and says nothing of what an object is by.
local OWN = { "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink" }

-- What ties a Job to its Pods, which is new for each Job.
local TIES = { "controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name" }

local function untie(job)
  local template = value.get(job, "spec", "template", "metadata")
  local labels = value.get(template or {}, "labels")
  for _, label in ipairs(labels and TIES or {}) do labels[label] = nil end
  if job.spec then job.spec.selector = nil end
end

-- plain(object) -> a copy without what the server keeps for itself
function apply.plain(object)
  local copy = value.copy(object)
  for _, field in ipairs(OWN) do copy.metadata[field] = nil end
  copy.status = nil
  if copy.kind == "Job" then untie(copy) end
  return copy
end

function apply.changes(live, applied)
  if not live then return "created" end
  return json.encode(apply.plain(live)) == json.encode(apply.plain(applied)) and "unchanged" or "changed"
end

-- Jobs leave their Pods behind where nobody says otherwise.
local DELETE = { apiVersion = "v1", kind = "DeleteOptions", propagationPolicy = "Background" }

function apply.delete(self, object, how)
  local options = value.copy(DELETE)
  options.dryRun = how and how.dry and value.list { "All" } or nil
  local uid = value.get(object, "metadata", "uid")
  if uid then options.preconditions = { uid = uid } end -- another one of that name is not ours
  local request = { method = "DELETE", path = path_of(self, object), body = json.encode(options),
    headers = { ["content-type"] = "application/json" } }
  local answer = self:request(request)
  if connection.is_absence(answer) or uid and answer.status == 409 then return false end
  self:expect(answer, request)
  return true
end

return apply
