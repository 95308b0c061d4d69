-- Whether the service accounts that Jobs name are there: without its account no Pod is made of a Job, which waits for it for ever.
--
--   accounts.check(connection, job, objects)     objects: all that will be applied, { { object }, … }; raises where one is missing
--
-- As Stash does, what names no account gets one of a name of its own (BackupConfiguration nightly: backupconfiguration-nightly-0), which
-- Stash's operator makes. Each is asked for once of a connection; where nobody may look, it is taken to be there.
local apply = require "kube.apply"
local diag = require "base.diag"
local made = require "cluster.made"
local value = require "base.value"

local accounts = {}

local known = setmetatable({}, { __mode = "k" }) -- connection -> { "namespace/name" -> true }

local function is_among(objects, account)
  for _, each in ipairs(objects) do
    local metadata = each.object.metadata
    if each.object.kind == "ServiceAccount" and metadata.name == account.metadata.name
      and metadata.namespace == account.metadata.namespace then return true end
  end
  return false
end

function accounts.check(self, job, objects)
  local name, namespace = value.get(job, "spec", "template", "spec", "serviceAccountName"), job.metadata.namespace
  if value.is_empty(name) then return end
  known[self] = known[self] or {}
  local id = ("%s/%s"):format(namespace, name)
  if known[self][id] then return end
  local account = { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = name, namespace = namespace } }
  local ok, live = diag.catch(apply.live, self, account)
  if ok and not live and not is_among(objects, account) then
    self:raise(("there is no ServiceAccount %s, which %s names"):format(id, made.words(job)),
      ("runtimeSettings.pod.serviceAccountName of the invoker names another one; `moonstep catalog rbac -n %s --service-account %s` prints "
        .. "this one, with the rights to tell its session"):format(namespace, name))
  end
  known[self][id] = true
end

return accounts
