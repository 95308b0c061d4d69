-- Objects put into a cluster: all of them looked at first, so that nothing is half-applied for a reason that could be known.
--
--   put.objects(made, connection, namespace) -> objects     what was rendered, with secrets, labels, a namespace, in the order to apply
--   put.look(connection, each, how), put.one(connection, each, how)         one object of them; raise what is in the way
--   put.check(connection, objects, { force }, report) -> { { object, live, would, change }, … } | nil: something was in the way
--   put.rendered(options, { force }, report) -> the same of all that the road renders; nil also where that failed
--   put.apply(connection, plan, { force }, report [, done]) -> true | nil: one failed, and what was applied before it is told
--
-- `would` is the object as the cluster says it would be, `change` is "created", "changed", "unchanged", or "replaced": a Job of ours that
-- has ended makes room for the next of its name. An object that somebody else made is not touched.
--
-- how: force, to take fields over from other managers; untried, where the cluster need not be asked what would be; batch, the name of the
-- batch whose Jobs are "kept" as they are, ended or not, and patience: seconds after which a Job of ours that another run has made, and of
-- which no step has begun, makes room, too.
local apply = require "kube.apply"
local diag = require "base.diag"
local ended = require "cluster.ended"
local freshness = require "scripts.freshness"
local hints = require "cluster.hints"
local host = require "engine.host"
local json = require "kube.json"
local loop = require "kube.loop"
local made = require "cluster.made"
local names = require "templates.names"
local resources = require "kube.resources"
local road = require "road"
local value = require "base.value"
local write = require "output.write"

local put = {}

local PATIENCE = 30000 -- milliseconds for an object to be gone

-- What others need comes first.
local RANKS = { Namespace = 1, ServiceAccount = 2, Role = 2, Secret = 2, ConfigMap = 2, PersistentVolumeClaim = 2, RoleBinding = 3,
  CronJob = 8, Job = 9 }

-- --- what was rendered

-- The name of the run that an object belongs to: that of the first Job or CronJob that was made for its target.
local function runs_of(all)
  local runs = {}
  for _, each in ipairs(all) do
    local object = each.object
    if (object.kind == "Job" or object.kind == "CronJob") and not runs[each.target] then runs[each.target] = object.metadata.name end
  end
  return runs
end

local function plain(each)
  local text, why = write.text(each.original or each.object, "ndjson", true)
  if not text then error(why, 0) end
  return json.decode(text)
end

function put.objects(all, self, namespace)
  local runs, objects = runs_of(all), {}
  for i, each in ipairs(all) do
    local object = each.plain or plain(each)
    made.label(object, runs[each.target] or names.cut(object.metadata.name))
    if not object.metadata.namespace and resources.is_namespaced(self, object.apiVersion, object.kind) then
      object.metadata.namespace = namespace
    end
    objects[i] = { object = object, target = each.target, number = i }
  end
  table.sort(objects, function(a, b)
    local x, y = RANKS[a.object.kind] or 5, RANKS[b.object.kind] or 5
    if x ~= y then return x < y end
    return a.number < b.number
  end)
  return objects
end

-- --- looking

-- Who made it, as far as that can be told.
local function maker_of(live)
  local first
  for _, entry in ipairs(live.metadata.managedFields or {}) do
    if type(entry.manager) == "string" and type(entry.time) == "string" and not (first and first.time <= entry.time) then first = entry end
  end
  return first and (" (%s did)"):format(first.manager) or ""
end

-- refuse_foreign(connection, object, what is there): raises where somebody else made that.
function put.refuse_foreign(self, object, live)
  if made.is_ours(live) then return end
  self:raise(("%s is there already, and moonstep did not make it%s"):format(made.words(object), maker_of(live)),
    "delete it if it is not needed any more, or give what is rendered another name")
end

-- A Job that will take the place of one is checked under another name, and whether the one may be deleted.
local function check_as_other(self, object, live, how)
  apply.delete(self, live, { dry = true })
  local other = value.copy(object)
  other.metadata.name = names.cut(object.metadata.name:sub(1, 56)) .. "-check"
  local would = apply.send(self, other, { dry = true, force = how.force })
  would.metadata.name = object.metadata.name
  return would
end

-- Whether it is older than `patience` says, in seconds, and no step of it has begun: an image is missing, or a Secret.
local function has_never_begun(self, job, patience)
  local created = freshness.timestamp(job.metadata.creationTimestamp)
  if not created or host.clock() - created <= patience then return false end
  for _, pod in ipairs(made.pods(self, job)) do
    for _, status in ipairs(ended.statuses(pod)) do
      local state, before = status.state or {}, value.get(status, "lastState", "terminated")
      if state.running or state.terminated or before then return false end
    end
  end
  return true
end

-- Of a Job that has not ended, nearly all is as it was made: one that cannot be changed stands in the way of its own mending.
local function try(self, each, how)
  local ok, would = diag.catch(apply.send, self, each.object, { dry = true, force = how.force })
  if not ok then
    if each.live and each.object.kind == "Job" and would.message:find("immutable", 1, true) then
      would.hint = "it has not ended, and cannot be changed: " .. hints.taken(each.live)
    end
    error(would, 0)
  end
  each.would, each.change = would, apply.changes(each.live, would)
end

function put.look(self, each, how)
  local object = each.object
  each.live = apply.live(self, object)
  if each.live then put.refuse_foreign(self, object, each.live) end
  local is_job = each.live and object.kind == "Job"
  if is_job and how.batch and made.batch_of(each.live) == how.batch then
    each.change = "kept"
  elseif is_job and (made.is_over(each.live) or how.batch and has_never_begun(self, each.live, how.patience)) then
    each.change, each.would = "replaced", not how.untried and check_as_other(self, object, each.live, how) or nil
  elseif is_job and how.batch then
    self:raise(("%s runs already, and another run has made it"):format(made.words(object)), hints.taken(each.live))
  elseif how.untried then each.change = each.live and "changed" or "created"
  else try(self, each, how) end
end

function put.check(self, objects, how, report)
  local fine = true
  for _, each in ipairs(objects) do
    local ok, raised = diag.catch(put.look, self, each, how)
    if not ok then
      raised.within = raised.within or made.words(each.object)
      report:add(raised)
      fine = false
    end
  end
  return fine and objects or nil
end

function put.rendered(options, how, report)
  options.made = {}
  road.render(options, report)
  local self = options.connection
  if not self or report:status() ~= 0 then return nil end
  return put.check(self, put.objects(options.made, self, options.namespace or "default"), how, report)
end

-- --- doing

-- await_absence(connection, what is there): waits until an object that is being deleted is gone.
function put.await_absence(self, live)
  local deadline = loop.now() + PATIENCE
  while true do
    local there = apply.live(self, live)
    if not there or there.metadata.uid ~= live.metadata.uid then return end
    if loop.now() > deadline then
      local holding = value.get(there, "metadata", "finalizers")
      self:raise(("%s does not go away"):format(made.words(live)), holding and ("it is held back by its finalizers, for somebody to take "
        .. "away: %s"):format(table.concat(holding, ", ")) or "the cluster is slow to remove it; try again later")
    end
    self.loop:sleep(100)
  end
end

function put.one(self, each, how)
  if each.change == "kept" then return end
  if each.change == "replaced" then
    apply.delete(self, each.live)
    put.await_absence(self, each.live)
  end
  each.live = apply.send(self, each.object, { force = how.force })
end

function put.apply(self, plan, how, report, done)
  local applied = {}
  for _, each in ipairs(plan) do
    local ok, raised = diag.catch(put.one, self, each, how)
    if not ok then
      raised.within = ("%s; applied before it: %s"):format(made.words(each.object), applied[1] and table.concat(applied, ", ") or "nothing")
      report:add(raised)
      return nil
    end
    applied[#applied + 1] = made.words(each.object)
    if done then done(each) end
  end
  return true
end

return put
