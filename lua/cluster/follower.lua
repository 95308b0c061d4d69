-- A Job that follows another one in the cluster, in place of who went away (`run --detach`): it does what there is to do behind the end of
-- that (cluster.errand). It runs `moonstep after-end`.
--
--   follower.check(connection, errand, job)       raises where the cluster would refuse it, or an attempt of before still runs; nothing is
--                                                 made. `job` is the Job as it will be applied
--   follower.make(connection, errand, job) -> its Job      of the Job that was applied
--   follower.name(job) -> its name
--   follower.retries(follower) -> how often it tries again;  follower.makes_jobs(follower) -> whether it does that, or makes hooks
--
-- It has a service account of its own with the rights that the errand takes, and no more. What there is to do stands in a Secret, since
-- commands of hooks may hold some. All of it belongs to the Job that is followed.
local apply = require "kube.apply"
local attempts = require "cluster.attempts"
local hints = require "cluster.hints"
local made = require "cluster.made"
local names = require "templates.names"
local owned = require "cluster.owned"
local put = require "cluster.put"
local value = require "base.value"

local follower = {}

local FOLDER, FILE = "/run/moonstep", "errand.json"
local RETRIES, HOOKS = "moonstep/retries", "moonstep/hooks" -- annotations of its Job
local MOST_RESTARTS = 100

-- Of the other Job's Pod, what says where a Pod may run and where images come from.
local SHARED = { "imagePullSecrets", "nodeSelector", "affinity", "tolerations", "priorityClassName", "schedulerName", "runtimeClassName",
  "securityContext" }

local RESOURCES = { requests = { cpu = "10m", memory = "32Mi" }, limits = { memory = "128Mi" } }
local CONTEXT = { allowPrivilegeEscalation = false, capabilities = { drop = { "ALL" } } }

-- --- what it may do

local function account(name) return { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = name } } end

local function role(name, rules)
  return { apiVersion = "rbac.authorization.k8s.io/v1", kind = "Role", metadata = { name = name }, rules = rules }
end

local function binding(name, namespace)
  return { apiVersion = "rbac.authorization.k8s.io/v1", kind = "RoleBinding", metadata = { name = name },
    roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "Role", name = name },
    subjects = { { kind = "ServiceAccount", name = name, namespace = namespace } } }
end

-- --- the Job

local function secret(name, job, errand)
  return { apiVersion = "v1", kind = "Secret", metadata = { name = name }, type = "Opaque", stringData = { [FILE] = errand:text(job) } }
end

local function job_of(name, job, errand)
  local runner, pod = errand:runner(), {}
  for _, field in ipairs(SHARED) do pod[field] = value.copy(job.spec.template.spec[field]) end
  pod.serviceAccountName, pod.automountServiceAccountToken, pod.restartPolicy = name, true, "OnFailure"
  pod.volumes = { { name = "errand", secret = { secretName = name } } }
  pod.containers = { { name = "follower", image = runner.image, imagePullPolicy = runner.imagePullPolicy,
    command = { "moonstep", "after-end", ("--errand=%s/%s"):format(FOLDER, FILE) }, resources = runner.resources or RESOURCES,
    securityContext = runner.securityContext or CONTEXT, volumeMounts = { { name = "errand", mountPath = FOLDER, readOnly = true } } } }
  local about = { [RETRIES] = ("%d"):format(errand.retries), [HOOKS] = tostring(errand.behind ~= nil) }
  return { apiVersion = "batch/v1", kind = "Job", metadata = { name = name, annotations = about },
    spec = { backoffLimit = MOST_RESTARTS, template = { spec = pod } } }
end

function follower.name(job) return names.behind(job.metadata.name, "-follower") end

function follower.retries(object) return math.tointeger(tonumber(value.get(object, "metadata", "annotations", RETRIES))) or 0 end

function follower.makes_jobs(object)
  return follower.retries(object) > 0 or value.get(object, "metadata", "annotations", HOOKS) == "true"
end

-- All that is made for a Job, what others need first.
local function objects_of(errand, job)
  local name = follower.name(job)
  local all = { account(name), role(name, errand:rules(name)), binding(name, job.metadata.namespace), secret(name, job, errand),
    job_of(name, job, errand) }
  for _, object in ipairs(all) do owned.of(object, job, "follower") end
  return all
end

-- --- attempts of before, whose names are needed

local function earlier_attempts(self, errand, job)
  local known, found = {}, {}
  for number = 1, errand.retries do known[attempts.name(job.metadata.name, number)] = true end
  for _, each in ipairs(errand.retries > 0 and made.jobs(self, { name = made.run_of(job), namespace = job.metadata.namespace }) or {}) do
    if known[each.metadata.name] and not (job.metadata.uid and owned.belongs_to(each, job)) then found[#found + 1] = each end
  end
  return found
end

local function make_room(self, errand, job)
  for _, each in ipairs(earlier_attempts(self, errand, job)) do
    apply.delete(self, each)
    put.await_absence(self, each)
  end
end

-- --- all of it

-- A binding is looked at before its role is there.
function follower.check(self, errand, job)
  for _, each in ipairs(earlier_attempts(self, errand, job)) do
    if not made.is_over(each) then
      self:raise(made.words(each) .. ", an earlier attempt of it, still runs", hints.open(each))
    end
  end
  for _, object in ipairs(objects_of(errand, job)) do owned.check(self, object, object.kind == "RoleBinding") end
end

function follower.make(self, errand, job)
  make_room(self, errand, job)
  local last
  for _, object in ipairs(objects_of(errand, job)) do last = owned.create(self, object, job) end
  return last
end

return follower
