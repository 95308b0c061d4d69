-- What belongs to a Job of ours in a cluster: it is made once for it, and goes with it.
--
--   owned.of(object, job, part) -> object      labelled with the Job's run and as a part of it ("hook" or "follower"), in its namespace,
--                                              owned by it
--   owned.create(connection, object, job) -> the object as it is there     made now, or for the same Job before: never twice
--   owned.belongs_to(object, job) -> boolean
--   owned.check(connection, object, early)     raises where the cluster would refuse it, or its name is taken; nothing is made. `early`:
--                                              what it refers to may not be there yet
--
-- An object of the same name that belongs to an earlier Job is on its way out with that one, and is waited for. Nothing is changed that is
-- there: whoever makes these objects needs the right to create them and, where one is there, to get it.
local apply = require "kube.apply"
local connection = require "kube.connection"
local json = require "kube.json"
local made = require "cluster.made"
local put = require "cluster.put"
local refusal = require "kube.refusal"
local resources = require "kube.resources"
local value = require "base.value"

local owned = {}

local MOST_TRIES = 5

function owned.of(object, job, part)
  local metadata = object.metadata
  metadata.namespace = job.metadata.namespace
  metadata.ownerReferences = { { apiVersion = "batch/v1", kind = "Job", name = job.metadata.name, uid = job.metadata.uid } }
  made.label(object, made.run_of(job), part)
  return object
end

function owned.belongs_to(object, job)
  for _, owner in ipairs(value.get(object, "metadata", "ownerReferences") or {}) do
    if owner.uid == job.metadata.uid then return true end
  end
  return false
end

-- The request that makes it.
local function request_of(self, object, query)
  query.fieldManager, query.fieldValidation = connection.MANAGER, "Strict"
  return { method = "POST", query = query, body = json.encode(object), headers = { ["content-type"] = "application/json" },
    path = resources.path(self, { apiVersion = object.apiVersion, kind = object.kind, namespace = object.metadata.namespace }) }
end

function owned.create(self, object, job)
  for _ = 1, MOST_TRIES do
    local request = request_of(self, object, {})
    local answer = self:request(request)
    if answer.status ~= 409 or refusal.reason(answer) ~= "AlreadyExists" then return self:expect(answer, request) end
    local live = apply.live(self, object)
    if live then
      if owned.belongs_to(live, job) then return live end
      put.refuse_foreign(self, object, live)
      put.await_absence(self, live)
    end
  end
  self:raise(("%s could not be made: one of that name comes and goes"):format(made.words(object)))
end

-- It is asked for under a name that is nobody's.
function owned.check(self, object, early)
  local live = apply.live(self, object)
  if live then put.refuse_foreign(self, object, live) end
  local copy = value.copy(object)
  copy.metadata.name, copy.metadata.generateName, copy.metadata.ownerReferences = nil, object.metadata.name:sub(1, 50) .. "-check-", nil
  local request = request_of(self, copy, { dryRun = "All" })
  local answer = self:request(request)
  if not (early and answer.status == 404) then self:expect(answer, request) end
end

return owned
