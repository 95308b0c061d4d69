-- What a cluster is asked before anything is applied, for one run or for the first target of many: a run that begins should not end on a
-- right that is missing.
--
--   preflight.check(connection, jobs, objects, how, settings, report) -> whether what is to be put there would be taken, which is reported
--
-- objects: cluster.put's, all of them; jobs: the Jobs among them; how: as put.check takes it; settings: as cluster.run's. Raises what the
-- user may not do, and which service account is missing. Nothing is made, changed or deleted.
local accounts = require "cluster.accounts"
local apply = require "kube.apply"
local put = require "cluster.put"
local rights = require "cluster.rights"

local preflight = {}

function preflight.check(self, jobs, objects, how, settings, report)
  for _, each in ipairs(settings.detach and {} or jobs) do rights.check(self, each.object.metadata.namespace) end
  if not put.check(self, objects, how, report) then return false end
  for _, each in ipairs(settings.cleanup and jobs or {}) do apply.delete(self, each.object, { dry = true }) end
  for _, each in ipairs(jobs) do accounts.check(self, each.object, objects) end -- behind the namespace, without which there is none
  return true
end

return preflight
