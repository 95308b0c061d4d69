-- A Job that follows another one in the cluster, in place of who went away (`run --detach`): when that has ended, it makes the Job of its
-- hooks (cluster.hooks). It runs `moonstep after-end`.
--
--   follower.check(connection, each)       raises where the cluster would refuse it; nothing is made
--   follower.make(connection, each) -> its Job      of a Job that was applied: { live = the Job, behind = its hooks }
--   follower.read(text) -> job, behind     what the Secret says, which its Pod reads
--
-- It has a service account of its own, which may get and watch that one Job and the Job of its hooks, list and watch Pods, and create Jobs:
-- Kubernetes cannot say which Pods, nor which Jobs are created. What the hooks are stands in a Secret, since their commands may hold some.
-- All of it belongs to the Job. It may be started anew at any time: what is there is not made twice.
local json = require "kube.json"
local names = require "templates.names"
local owned = require "cluster.owned"
local value = require "base.value"

local follower = {}

local FOLDER, FILE = "/run/moonstep", "hooks.json"
local MOST_RESTARTS = 100

-- Of the other Job's Pod, what says where a Pod may run and where images come from.
local SHARED = { "imagePullSecrets", "nodeSelector", "affinity", "tolerations", "priorityClassName", "schedulerName", "runtimeClassName",
  "securityContext" }

local RESOURCES = { requests = { cpu = "10m", memory = "32Mi" }, limits = { memory = "128Mi" } }
local CONTEXT = { allowPrivilegeEscalation = false, capabilities = { drop = { "ALL" } } }

-- --- what it may do

local function account(name) return { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = name } } end

local function role(name, job_names)
  return { apiVersion = "rbac.authorization.k8s.io/v1", kind = "Role", metadata = { name = name }, rules = {
    { apiGroups = { "batch" }, resources = { "jobs" }, resourceNames = job_names, verbs = { "get", "list", "watch" } },
    { apiGroups = { "batch" }, resources = { "jobs" }, verbs = { "create" } },
    { apiGroups = { "" }, resources = { "pods" }, verbs = { "list", "watch" } } } }
end

local function binding(name, namespace)
  return { apiVersion = "rbac.authorization.k8s.io/v1", kind = "RoleBinding", metadata = { name = name },
    roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "Role", name = name },
    subjects = { { kind = "ServiceAccount", name = name, namespace = namespace } } }
end

-- --- what it knows

local function secret(name, job, behind)
  local its = job.metadata
  local about = { apiVersion = "batch/v1", kind = "Job", metadata = { namespace = its.namespace, name = its.name, uid = its.uid,
    labels = its.labels } }
  return { apiVersion = "v1", kind = "Secret", metadata = { name = name }, type = "Opaque",
    stringData = { [FILE] = json.encode { job = about, hooks = behind:packed() } } }
end

function follower.read(text)
  local data = json.decode(text)
  if value.get(data, "job", "metadata", "uid") == nil or type(data.hooks) ~= "table" then return nil end
  return data.job, require "run.after".unpack(data.hooks)
end

-- --- the Job

local function job_of(name, job, behind)
  local runner, pod = behind:runner(), {}
  for _, field in ipairs(SHARED) do pod[field] = value.copy(job.spec.template.spec[field]) end
  pod.serviceAccountName, pod.automountServiceAccountToken, pod.restartPolicy = name, true, "OnFailure"
  pod.volumes = { { name = "hooks", secret = { secretName = name } } }
  pod.containers = { { name = "follower", image = runner.image, imagePullPolicy = runner.imagePullPolicy,
    command = { "moonstep", "after-end", ("--hooks=%s/%s"):format(FOLDER, FILE) }, resources = runner.resources or RESOURCES,
    securityContext = runner.securityContext or CONTEXT, volumeMounts = { { name = "hooks", mountPath = FOLDER, readOnly = true } } } }
  return { apiVersion = "batch/v1", kind = "Job", metadata = { name = name }, spec = { backoffLimit = MOST_RESTARTS,
    template = { spec = pod } } }
end

-- All that is made for a Job, what others need first.
local function objects_of(job, behind)
  local name = names.behind(job.metadata.name, "-follower")
  local job_names = { job.metadata.name }
  for _, object in ipairs(behind:sample(job.metadata.name)) do job_names[#job_names + 1] = object.metadata.name end
  local all = { account(name), role(name, job_names), binding(name, job.metadata.namespace), secret(name, job, behind),
    job_of(name, job, behind) }
  for _, object in ipairs(all) do owned.of(object, job, "follower") end
  return all
end

-- A binding is looked at before its role is there.
function follower.check(self, each)
  for _, object in ipairs(objects_of(each.object, each.behind)) do owned.check(self, object, object.kind == "RoleBinding") end
end

function follower.make(self, each)
  local last
  for _, object in ipairs(objects_of(each.live, each.behind)) do last = owned.create(self, object, each.live) end
  return last
end

return follower
