-- What moonstep has made in a cluster, which is known by a label: moonstep/run, with the name of the Job or CronJob that it is for. What
-- belongs to such a Job (cluster.owned) has another, moonstep/part: "hook" or "follower".
--
--   made.label(object, name [, part])             puts the labels on
--   made.label_batch(job, name)                   says which batch it belongs to, to its Pods too; made.batch_of(job) -> name
--   made.is_ours(object) -> boolean
--   made.find(connection, { name, namespace }) -> objects       of that run, or of all runs; of one namespace, or of all
--   made.jobs(connection, { name, namespace }) -> Jobs, the latest last
--   made.part_of(object) -> "hook" | "follower" | nil: it is none
--   made.pods(connection, job) -> its Pods        made.pods_of(job) is the selector for them
--   made.state(job) -> "complete" | "failed" | "running" | "suspended", reason, message
--   made.is_over(job) -> boolean
--   made.containers(job) -> those of its Pod, in the order in which they run
--   made.words(object) -> "Job shop/nightly"
local apply = require "kube.apply"
local json = require "kube.json"
local list = require "kube.list"
local value = require "base.value"

local made = { LABEL = "moonstep/run", PART = "moonstep/part", BATCH = "moonstep/batch" }

-- Kinds that are looked for; of those with two paths, a cluster has one or the other. Claims hold data, and come last.
local KINDS = {
  { "/apis/batch/v1", "jobs" }, { "/apis/batch/v1", "cronjobs" }, { "/apis/batch/v1beta1", "cronjobs" }, { "/api/v1", "configmaps" },
  { "/api/v1", "secrets" }, { "/api/v1", "serviceaccounts" }, { "/apis/rbac.authorization.k8s.io/v1", "roles" },
  { "/apis/rbac.authorization.k8s.io/v1", "rolebindings" }, { "/api/v1", "persistentvolumeclaims" },
}

made.words = apply.named

function made.run_of(object) return value.get(object, "metadata", "labels", made.LABEL) end

function made.is_ours(object) return made.run_of(object) ~= nil end

local function labels_of(it)
  it.metadata = it.metadata or {}
  it.metadata.labels = it.metadata.labels or {}
  return it.metadata.labels
end

function made.label(object, name, part)
  local labels = labels_of(object)
  labels[made.LABEL], labels[made.PART] = name, part
end

function made.part_of(object) return value.get(object, "metadata", "labels", made.PART) end

function made.batch_of(job) return value.get(job, "metadata", "labels", made.BATCH) end

function made.label_batch(job, name)
  labels_of(job)[made.BATCH] = name
  labels_of(job.spec.template)[made.BATCH] = name
end

-- What is no name would be another question.
local function selector(self, name)
  if not name then return made.LABEL end
  if name == "" then self:raise "the name of the Job is empty" end
  if not name:find "^[%w][%w.-]*$" then self:raise(("%s is no name of a Job"):format(name)) end
  return ("%s=%s"):format(made.LABEL, name)
end

local function path_in(root, namespace, plural)
  return namespace and ("%s/namespaces/%s/%s"):format(root, namespace, plural) or ("%s/%s"):format(root, plural)
end

-- Objects of a kind; none where the cluster does not have it, or does not let the user look at it.
local function find_kind(self, root, plural, wanted)
  local request = { path = path_in(root, wanted.namespace, plural), query = { labelSelector = selector(self, wanted.name), limit = 1 } }
  local answer = self:request(request)
  if answer.status == 404 or answer.status == 403 and plural ~= "jobs" then return {} end
  self:expect(answer, request)
  local page = json.decode(answer.body)
  if not page.items or #page.items == 0 then return {} end
  return list.all(self, request.path, { labelSelector = request.query.labelSelector })
end

function made.find(self, wanted)
  local all, seen = {}, {}
  for _, kind in ipairs(KINDS) do
    for _, object in ipairs(find_kind(self, kind[1], kind[2], wanted)) do
      local uid = object.metadata.uid
      if not seen[uid] then all[#all + 1] = object end
      seen[uid] = true
    end
  end
  return all
end

function made.jobs(self, wanted)
  local all = find_kind(self, "/apis/batch/v1", "jobs", wanted)
  table.sort(all, function(a, b)
    local x, y = a.metadata.creationTimestamp, b.metadata.creationTimestamp
    if x ~= y then return x < y end
    return a.metadata.name < b.metadata.name
  end)
  return all
end

function made.pods_of(job) return "controller-uid=" .. job.metadata.uid end

function made.pods(self, job)
  local path = ("/api/v1/namespaces/%s/pods"):format(job.metadata.namespace)
  return (list.all(self, path, { labelSelector = made.pods_of(job) }))
end

function made.state(job)
  for _, condition in ipairs(value.get(job, "status", "conditions") or {}) do
    if condition.status == "True" and (condition.type == "Complete" or condition.type == "Failed") then
      return condition.type == "Complete" and "complete" or "failed", condition.reason, condition.message
    end
  end
  return value.get(job, "spec", "suspend") == true and "suspended" or "running"
end

function made.is_over(job)
  local state = made.state(job)
  return state == "complete" or state == "failed"
end

function made.containers(job)
  local spec, all = job.spec.template.spec, {}
  for _, field in ipairs { "initContainers", "containers" } do
    for _, container in ipairs(value.get(spec, field) or {}) do all[#all + 1] = container end
  end
  return all
end

-- steps(job) -> { { name, image, kind = "init" | "main" }, … } as run.show takes them
function made.steps(job)
  local spec, steps = job.spec.template.spec, {}
  for _, kind in ipairs { "init", "main" } do
    for _, container in ipairs(value.get(spec, kind == "init" and "initContainers" or "containers") or {}) do
      steps[#steps + 1] = { name = container.name, image = container.image, kind = kind }
    end
  end
  return steps
end

return made
