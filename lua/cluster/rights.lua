-- Whether Jobs of a namespace may be followed: asked before anything is applied, so that nothing is begun whose end nobody may see.
--
--   rights.check(connection, namespace)      raises what the API server says about what is not allowed; asked once of a connection
--
-- What the API server would answer is not worked out but asked: a list of none and a watch of none, which is given up as it begins.
local list = require "kube.list"
local made = require "cluster.made"

local rights = {}

local PATHS = { "/apis/batch/v1/namespaces/%s/jobs", "/api/v1/namespaces/%s/pods" }
local NONE = made.LABEL .. "=none"
local SHORT = 5 -- seconds after which the server ends a watch that we did not

local checked = setmetatable({}, { __mode = "k" }) -- connection -> { namespace -> true }

local function check_watch(self, path, version)
  local query = { watch = "true", labelSelector = NONE, resourceVersion = version, timeoutSeconds = tostring(SHORT) }
  local call = self:stream { path = path, query = query, idle = SHORT, most = 1 << 20 }
  local refused = call:status() == 403 and self:refused(call)
  call:close()
  if refused then self:refuse({ method = "GET", path = path .. "?watch=true" }, refused) end
end

function rights.check(self, namespace)
  checked[self] = checked[self] or {}
  if checked[self][namespace] then return end
  for _, path in ipairs(PATHS) do
    local _, version = list.all(self, path:format(namespace), { labelSelector = NONE })
    check_watch(self, path:format(namespace), version)
  end
  checked[self][namespace] = true
end

return rights
