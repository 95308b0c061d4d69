-- The status of an object, changed where others may change it too.
--
-- status.patch(connection, { apiVersion, kind, namespace, name }, change) -> the object as it is then
--
-- change(object) gives what becomes of its status as a merge patch, { status = { … } }, or nil: nothing. The patch holds for the version
-- that
-- change saw: where somebody else was faster, the object is got anew and `change` is asked again. A merge patch replaces lists as a whole.
-- Kinds that have no subresource `status` are patched themselves.
local connection = require "kube.connection"
local json = require "kube.json"
local resources = require "kube.resources"

local status = {}

local MOST_TRIES = 8
local HEADERS = { ["content-type"] = "application/merge-patch+json" }

local function send(self, path, patch)
  local request = { method = "PATCH", path = path, query = { fieldManager = connection.MANAGER }, body = json.encode(patch),
    headers = HEADERS }
  return self:request(request), request
end

function status.patch(self, wanted, change)
  local path, suffix = resources.path(self, wanted), "/status"
  for tries = 1, MOST_TRIES do
    local object = self:get(path)
    if not object then self:raise(("there is no %s %s/%s"):format(wanted.kind, wanted.namespace or "", wanted.name)) end
    local patch = change(object)
    if not patch then return object end
    patch.metadata = { resourceVersion = object.metadata.resourceVersion }
    local answer, request = send(self, path .. suffix, patch)
    if answer.status == 404 and suffix ~= "" then
      suffix = ""
      answer, request = send(self, path, patch)
    end
    if answer.status ~= 409 then return self:expect(answer, request) end
    self.loop:sleep(connection.backoff(tries))
  end
  self:raise(("the status of %s %s/%s was changed by others each of the %d times that it was to be changed"):format(wanted.kind,
    wanted.namespace or "", wanted.name, MOST_TRIES))
end

return status
