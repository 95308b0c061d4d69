-- What a session is told of a Job whose last step could not tell it: a step before it was killed, or the Job took too long.
--
--   verdict.about(target) -> plain data about its session, which the others take; nil where it has none     target: of the road
--   verdict.is_there(connection, about) -> whether the cluster has the session
--   verdict.tell(connection, about, outcome) -> whether it was told      outcome: of cluster.follow, the last one. Raises where
--                                                         it could not be
--
-- The last step of a Task sets the status of the session (`moonstep update-status`). Where it was run, what it said stands: it ends with 0
-- when all is well, and with 1 when it told a failure. Where it was not, the session would look for ever as if its backup had not begun. So
-- it is told here, with the right of whoever runs moonstep; a session that is not in the cluster is told nothing.
local ended = require "cluster.ended"
local host = require "engine.host"
local kinds = require "documents.kinds"
local made = require "cluster.made"
local reported = require "status.report"
local value = require "base.value"

local verdict = {}

-- Whether the last step came to its own end, and so has told what it knows.
local function is_told(pod)
  local all = pod and value.get(pod, "status", "containerStatuses") or {}
  local last = all[#all] and value.get(all[#all], "state", "terminated")
  return last ~= nil and (last.exitCode == 0 or last.exitCode == 1)
end

function verdict.about(target)
  if not target.session then return nil end
  local spec = target.spec.target or {}
  local ref = spec.ref or {}
  return { direction = target.direction, namespace = target.session.namespace,
    session = { kind = target.session.kind, name = target.session.name }, hostname = spec.alias or "host-0",
    invoker = { kind = target.invoker.kind, name = target.invoker.name },
    target = { kind = ref.kind, name = ref.name, namespace = ref.namespace or target.session.namespace } }
end

-- Where the cluster knows no such kind, there is none of them either.
function verdict.is_there(self, about)
  local known = kinds.known[about.session.kind]
  local request = { path = ("/apis/%s/%s/namespaces/%s/%s/%s"):format(known.group, known.version, about.namespace, known.plural,
    about.session.name) }
  local answer = self:request(request)
  return answer.status ~= 404 and self:expect(answer, request) ~= nil
end

function verdict.tell(self, about, outcome)
  local over = outcome.status == "failed" or outcome.status == "timeout"
  if not over or not outcome.job or is_told(outcome.pod) or not verdict.is_there(self, about) then return false end
  local why = made.is_over(outcome.job) and ended.read(outcome.job, outcome.pod).error or outcome.message
  about.now = host.clock()
  reported.session(self, about, { failed = why or "its Job failed", seconds = 0, snapshots = {} })
  return true
end

return verdict
