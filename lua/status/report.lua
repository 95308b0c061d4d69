-- What became of a backup or restore, told to whoever wants to know: its session and Repository on the cluster, a Pushgateway, a file.
--
--   report.metrics(about, result, …), report.cluster(about, result, …)      see commands/update-status.lua, which puts them together
--
-- about: namespace, session = { kind, name } or nil, invoker = { kind, name }, target = { kind, namespace, name }, hostname, repository,
-- direction, gateway, provider, bucket, prefix, now.
local cluster = require "kube.cluster"
local clusters = require "kube.clusters"
local host = require "engine.host"
local json = require "kube.json"
local metrics = require "status.metrics"
local push = require "status.push"
local resources = require "kube.resources"
local running = require "scripts.running"
local session = require "status.session"
local status = require "kube.status"
local value = require "base.value"

local report = {}

local BETA, ALPHA = "stash.appscode.com/v1beta1", "stash.appscode.com/v1alpha1"

-- --- metrics

local GROUPS = { AppBinding = "appcatalog.appscode.com", Deployment = "apps", StatefulSet = "apps", DaemonSet = "apps" }

-- The bucket of a backend, and what lies before what is in it: as variables of Tasks have them.
local function place_of(backend)
  for _, provider in ipairs { "local", "s3", "gcs", "azure", "swift", "b2", "rest" } do
    local of = value.get(backend, provider)
    if of then return provider, of.mountPath or of.bucket or of.container or of.url or "", of.prefix or "" end
  end
end

local function labels_of(about, more)
  local labels = { invoker_kind = about.invoker.kind, invoker_name = about.invoker.name, namespace = about.namespace, driver = "Restic",
    repository = about.repository or "" }
  for name, text in pairs(more) do labels[name] = text end
  return labels
end

local function target_labels(about, target)
  return labels_of(about, { kind = target.kind or "", group = GROUPS[target.kind] or "", name = target.name or "" })
end

local function repository_labels(about, object)
  local provider, bucket, prefix = place_of(value.get(object, "spec", "backend"))
  return labels_of(about, { name = about.repository or "", backend = provider or about.provider or "",
    bucket = bucket or about.bucket or "", prefix = prefix or about.prefix or "" })
end

-- metrics(about, result, Repository or nil) -> the list for its host and repository
function report.metrics(about, result, object)
  local list = {}
  local function add(more) table.move(more, 1, #more, #list + 1, list) end
  local function add_host(hostname, of)
    local labels = target_labels(about, about.target)
    labels.hostname = hostname or about.hostname
    add(metrics.host(about.direction, of, labels))
  end
  for _, each in ipairs(result.hosts or {}) do add_host(each.hostname, each) end
  if not result.alone then add_host(about.hostname, result) end
  add(metrics.repository(result, repository_labels(about, object)))
  return list
end

-- session_metrics(about, object) -> the list for its session, empty while that goes on
function report.session_metrics(about, object)
  local over = session.over(object, about)
  if not over then return {} end
  for _, target in ipairs(over.targets) do target.labels = target_labels(about, target.ref) end
  return metrics.session(about.direction, over, labels_of(about, {}))
end

-- push(about, list) -> true | false, why | nil: there is nowhere to
function report.push(about, list)
  if not about.gateway or about.gateway == "" then return nil end
  if #list == 0 then return true end
  local job = ("%s-%s-%s"):format(about.invoker.kind:lower(), about.namespace, about.invoker.name)
  return push(about.gateway, job, metrics.text(list))
end

-- --- the cluster

-- is_near(context) -> whether there is a cluster to tell: one is named, or this is a Pod.
function report.is_near(context) return context ~= nil or host.environment "KUBERNETES_SERVICE_HOST" ~= nil end

-- connect(context or nil, kubeconfig) -> connection
function report.connect(context, kubeconfig)
  running.begin()
  local all = clusters.new { kubeconfig = kubeconfig, note = function(message) host.message(("moonstep: %s\n"):format(message)) end }
  local name = context or cluster.IN_CLUSTER
  all:prepare(name)
  return all:connection(name)
end

-- How many targets a session has: the members of its batch, else one.
local function members_of(connection, about)
  if about.invoker.kind ~= "BackupBatch" and about.invoker.kind ~= "RestoreBatch" then return 1 end
  local batch = connection:get(resources.path(connection, { apiVersion = BETA, kind = about.invoker.kind, namespace = about.namespace,
    name = about.invoker.name }))
  return #(value.get(batch, "spec", "members") or {})
end

-- session(connection, about, result) -> the session with its new status
function report.session(connection, about, result)
  about.members, about.result = members_of(connection, about), result
  return status.patch(connection, { apiVersion = BETA, kind = about.session.kind, namespace = about.namespace, name = about.session.name },
    function(object) return { status = session.next(object, about) } end)
end

-- repository(connection, about) -> the Repository | nil where none is named, or it is not there
function report.repository(connection, about)
  if not about.repository then return nil end
  return connection:get(resources.path(connection, { apiVersion = ALPHA, kind = "Repository",
    namespace = about.repository_namespace or about.namespace, name = about.repository }))
end

-- put_repository(connection, about, result, session or nil): only if its integrity was checked.
function report.put_repository(connection, about, result, of)
  local found = result.repository
  if not found then return end
  local new = { integrity = found.integrity, snapshotCount = found.snapshotCount, totalSize = found.totalSize,
    snapshotsRemovedOnLastCleanup = found.snapshotsRemovedOnLastCleanup,
    lastBackupTime = not result.failed and value.get(of, "metadata", "creationTimestamp") or nil }
  status.patch(connection, { apiVersion = ALPHA, kind = "Repository", namespace = about.repository_namespace or about.namespace,
    name = about.repository }, function() return { status = new } end)
end

-- --- a file

-- text(about, result, pushed, why) -> what a status file holds
function report.text(about, result, pushed, why)
  local metric = pushed and "pushed" or pushed == false and why or nil
  return json.encode { phase = result.failed and "Failed" or "Succeeded", error = result.failed, advice = result.advice,
    hostname = about.hostname, target = about.target.name and about.target or nil, duration = not result.failed and result.seconds or nil,
    snapshots = result.snapshots[1] and result.snapshots or nil, repository = result.repository, metrics = metric } .. "\n"
end

return report
