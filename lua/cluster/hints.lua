-- What to do about a Job of a cluster: the one place for it, for runs of one Job and of many.
--
--   hints.of(outcome, job, { cleanup }) -> hint | nil     of an end (cluster.follow): what is known about its cause (outcome.advice), and
--                                          how to go on with the Job, unless it is gone or about to be removed. An outcome without a Job
--                                          is that of hooks, behind its end
--   hints.open(job)                        of a Job that is left as it is
--   hints.over(job)                        of one that has failed
--   hints.taken(job)                       of one that is in the way
--   hints.cause(reason or nil, words, event or nil)      about what keeps a Pod from beginning: the cluster's word for it, its words, and
--                                          the event that tells of it; nil where nothing is known
--
-- Nothing is asked here.
local made = require "cluster.made"
local refusal = require "kube.refusal"

local hints = {}

local CAUSES = {
  ErrImagePull = "is the image's name right, and may the cluster pull it (imagePullSecrets)?",
  ImagePullBackOff = "is the image's name right, and may the cluster pull it (imagePullSecrets)?",
  ErrImageNeverPull = "the image is on no node, and imagePullPolicy: Never says that it is not to be pulled",
  InvalidImageName = "the image's name is none",
  CreateContainerConfigError = "a Secret or ConfigMap that a step names, or a key of it, is not there",
  Unschedulable = "no node has what the Pod asks for; see its requests, node selector and tolerations",
  FailedMount = "a Secret, ConfigMap or claim of one of its volumes is not there, or cannot be mounted",
}
local CLAIM = "a claim of the Pod is not there, or has no volume yet: `kubectl describe pvc` says why"

-- NAME -n NAMESPACE, as commands about what moonstep made take it.
local function operand(job)
  return ("%s -n %s"):format(made.run_of(job) or job.metadata.name, job.metadata.namespace)
end

function hints.open(job)
  return ("`moonstep logs %s` follows it, `moonstep delete %s` ends it"):format(operand(job), operand(job))
end

function hints.over(job)
  return ("`moonstep logs %s` shows what it said, `moonstep status %s` what the cluster says, `moonstep delete %s` removes it"):format(
    operand(job), operand(job), operand(job))
end

function hints.taken(job) return ("wait until it has ended, or end it with `moonstep delete %s`"):format(operand(job)) end

function hints.cause(reason, words, event)
  if event and event.message:find("exceeded quota", 1, true) then return refusal.OVER_QUOTA end
  if event and event.message:find("must specify limits", 1, true) then return refusal.WITHOUT_LIMITS end
  if words:find("persistentvolumeclaim", 1, true) then return CLAIM end
  return CAUSES[reason or event and event.reason]
end

function hints.of(outcome, job, settings)
  if outcome.status == "complete" then return nil end
  local parts = { outcome.advice }
  local stays = not settings.cleanup or outcome.status == "cancelled"
  if stays and not outcome.gone then
    local goes_on = outcome.job and not made.is_over(outcome.job)
    parts[#parts + 1] = goes_on and hints.open(job) or hints.over(job)
  end
  return parts[1] and table.concat(parts, "; ") or nil
end

return hints
