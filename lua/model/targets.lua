-- The targets of a run: what a set of objects is rendered for.
--
-- A target is {
--   session, invoker   entries of the model; both nil when a Task is rendered alone
--   spec               the part of the invoker that describes the target: its own spec
--   index              the target's number in its invoker, from 0
--   object             { kind, namespace, name, index } as messages name it
--   namespace          of everything that is made; nil when none is known
-- }
local diag = require "base.diag"
local value = require "base.value"

local targets = {}

local function of_session(session, model, report)
  local wanted = value.get(session.value, "spec", "invoker") or {}
  local object = { kind = session.kind, namespace = session.namespace, name = session.name }
  local kind, name = wanted.kind or "", wanted.name or ""
  local place = value.get(session.value, "spec", "invoker") and diag.place(session.file, wanted, kind == "BackupConfiguration" and "name" or "kind")
    or diag.place(session.file, session.value)
  if kind ~= "BackupConfiguration" then
    report:add { rule = "unknown-invoker", severity = "error", trouble = true, place = place, object = object,
      message = ("unknown backup invoker kind: %s"):format(kind) }
    return nil
  end
  local invoker = model:find(kind, session.namespace, name)
  if not invoker then
    report:add { rule = "missing-object", severity = "error", trouble = true, place = place, object = object,
      message = ("BackupConfiguration %s/%s is not among the given files"):format(session.namespace, name), hint = model:meant(kind, name) }
    return nil
  end
  object.index = 0
  return { session = session, invoker = invoker, spec = invoker.value.spec or {}, index = 0, object = object, namespace = session.namespace }
end

-- Every target of every session, in the order of the documents. Sessions without one are reported.
function targets.of_sessions(model, report)
  local all = {}
  for _, session in ipairs(model:all "BackupSession") do all[#all + 1] = of_session(session, model, report) end
  return all
end

-- The one target of a Task that is rendered alone.
function targets.of_task(name, namespace)
  return { spec = { task = { name = name } }, index = 0, alone = true, namespace = namespace,
    object = { kind = "Task", namespace = namespace, name = name, index = 0 } }
end

return targets
