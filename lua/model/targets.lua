-- The targets of a run: what a set of objects is rendered for.
--
-- A target is {
--   direction      "backup" or "restore"
--   session        entry of the model that owns what is made: BackupSession, RestoreSession or RestoreBatch; nil when a Task
--                  is rendered alone
--   invoker        entry with the description: BackupConfiguration, BackupBatch, or the restore's session itself; nil likewise
--   spec           the target's own part of the invoker: its spec, or one of its members
--   index          the target's number in its invoker, from 0
--   ordinal        for a restore with claim templates: the number of the replica that this is for; nil otherwise
--   siblings       shared by the replicas of one target: { failed = boolean }
--   object         { kind, namespace, name, index } as messages name it
--   namespace      of everything that is made; nil when none is known
-- }
local place = require "base.place"
local value = require "base.value"

local targets = {}

local BACKUP_INVOKERS = { BackupConfiguration = "backupconfigurations", BackupBatch = "backupbatches" }

local function object_of(session, index)
  return { kind = session.kind, namespace = session.namespace, name = session.name, index = index }
end

-- Adds the targets of one member of an invoker, which are several when claims are made for each replica.
local function add_member(all, session, invoker, direction, spec, index)
  local count = 1
  local claims = direction == "restore" and value.get(spec, "target", "volumeClaimTemplates")
  if claims then count = spec.target.replicas or 1 end
  local siblings = {}
  for ordinal = 0, count - 1 do
    all[#all + 1] = { direction = direction, session = session, invoker = invoker, spec = spec, index = index,
      ordinal = claims and ordinal or nil, siblings = siblings, object = object_of(session, index), namespace = session.namespace }
  end
end

local function add_members(all, session, invoker, direction)
  local spec = invoker.value.spec or {}
  if not invoker.kind:find "Batch$" then return add_member(all, session, invoker, direction, spec, 0) end
  for i, member in ipairs(spec.members or {}) do add_member(all, session, invoker, direction, member, i - 1) end
end

-- The invoker of a BackupSession, or nil when there is none, which is reported.
local function backup_invoker(session, model, report)
  local named = value.get(session.value, "spec", "invoker")
  local kind, name = named and named.kind or "", named and named.name or ""
  local function problem(rule, message, field, hint)
    local at = named and place.of(named, field) or place.of(session.value)
    report:add { rule = rule, severity = "error", trouble = true, place = at, object = object_of(session), message = message, hint = hint }
  end
  if not BACKUP_INVOKERS[kind] then return problem("unknown-invoker", ("unknown backup invoker kind: %s"):format(kind), "kind") end
  local invoker = model:find(kind, session.namespace, name)
  if invoker then return invoker end
  local words = "%s %s/%s is not among the given files (%s.stash.appscode.com \"%s\" not found)"
  problem("missing-object", words:format(kind, session.namespace, name, BACKUP_INVOKERS[kind], name), "name", model:meant(kind, name))
end

-- A RestoreSession's rules may stand beside its target, where older versions had them: then they replace the target's.
local function move_old_rules(session)
  local spec = session.value.spec
  if spec and not value.is_empty(spec.rules) and spec.target then spec.target.rules = spec.rules end
end

-- The names of the invokers, as "kind namespace/name", that some BackupSession names.
local function invokers_in_use(model)
  local used = {}
  for _, session in ipairs(model:all "BackupSession") do
    local named = value.get(session.value, "spec", "invoker") or {}
    used[("%s %s/%s"):format(named.kind or "", session.namespace, named.name or "")] = true
  end
  return used
end

-- A session for an invoker that has none; `{name}` in the pattern stands for the invoker's name.
local function made_session(invoker, pattern)
  local name = pattern:gsub("{name}", (invoker.name:gsub("%%", "%%%%")))
  local metadata = { name = name, namespace = invoker.namespace }
  local v = { apiVersion = "stash.appscode.com/v1beta1", kind = "BackupSession", metadata = metadata,
    spec = { invoker = { apiGroup = "stash.appscode.com", kind = invoker.kind, name = invoker.name } } }
  return { kind = "BackupSession", namespace = invoker.namespace, name = name, value = v }
end

-- Invokers without a session: each gets one by the pattern, or a note that it is passed over.
local function add_sessionless(all, model, report, pattern)
  local used = invokers_in_use(model)
  for _, invoker in ipairs(model.entries) do
    local id = ("%s %s/%s"):format(invoker.kind, invoker.namespace, invoker.name)
    if BACKUP_INVOKERS[invoker.kind] and not used[id] then
      if pattern then add_members(all, made_session(invoker, pattern), invoker, "backup")
      else
        report:add { rule = "no-session", severity = "info", place = place.of(invoker.value), hint = "--session '{name}-1' gives it one",
          message = id .. " has no BackupSession and is passed over" }
      end
    end
  end
end

-- Every target of every session, in the order of the documents, then those of invokers without a session when `pattern` says how to name
-- one. Sessions without an invoker are reported.
function targets.of_sessions(model, report, pattern)
  local all = {}
  for _, session in ipairs(model.entries) do
    if session.kind == "BackupSession" then
      local invoker = backup_invoker(session, model, report)
      if invoker then add_members(all, session, invoker, "backup") end
    elseif session.kind == "RestoreSession" or session.kind == "RestoreBatch" then
      move_old_rules(session)
      add_members(all, session, session, "restore")
    end
  end
  add_sessionless(all, model, report, pattern)
  return all
end

-- The schedules of all invokers, as targets without session: `schedule` is true, spec the whole invoker's.
function targets.of_schedules(model)
  local all = {}
  for _, invoker in ipairs(model.entries) do
    if BACKUP_INVOKERS[invoker.kind] then
      all[#all + 1] = { direction = "backup", schedule = true, invoker = invoker, spec = invoker.value.spec or {}, index = 0, siblings = {},
        namespace = invoker.namespace, object = object_of(invoker) }
    end
  end
  return all
end

-- The one target of a Task that is rendered alone.
function targets.of_task(name, namespace)
  return { direction = "backup", spec = { task = { name = name } }, index = 0, siblings = {}, namespace = namespace,
    object = { kind = "Task", namespace = namespace, name = name, index = 0 } }
end

-- The target of a row of a batch (engine.fill); what the row does not say is the command line's.
function targets.of_row(row, task, namespace)
  namespace = row.namespace or namespace
  local ref = { name = row.name, namespace = namespace }
  return { direction = "backup", spec = { task = { name = row.task or task }, target = { ref = ref } }, row = row, index = row.index,
    siblings = {}, namespace = namespace, object = { kind = "target", namespace = namespace, name = row.name, index = row.index } }
end

return targets
