-- What a batch keeps for its reports: a file without a name, in which workers leave records of their targets, in the order of the rows.
--
--   target   index, status, name, namespace, findings; for a page also the number of its objects, and its text, as the plan that makes it
--            and what fills that
--   plan     what such texts share; before the first target of a piece that needs it
--
-- Without a page, only targets with findings have a record.
local diag = require "base.diag"
local packed = require "base.packed"
local secret = require "engine.secret"

local record = {}

record.NO_PLAN = ("\0"):rep(16)

local STATUSES = { "rendered", "withheld", "failed" }
local NUMBERS = {}
for i, name in ipairs(STATUSES) do NUMBERS[name] = i - 1 end

local TARGET, PLAN = "T", "P"
local FORMS = { [TARGET] = "<I8I1I4s4s4c16s4s4s4", [PLAN] = "<c16s4" }
local BLOCK = 1 << 20 -- bytes that are read at once

-- finding(d, shown) -> the finding as it is kept, without known secrets; `shown` is its text in a report for people, if there is one
function record.finding(d, shown)
  if secret.any() then diag.hide_secrets(d) end
  return { rule = d.rule, severity = d.severity, message = tostring(d.message), hint = d.hint, within = d.within, path = d.path,
    object = d.object, place = d.place, related = d.related, edits = d.edits, waived = d.waived, trouble = d.trouble,
    shown = shown and diag.human(d) }
end

local function item(kind, ...) return ("<c1s4"):pack(kind, FORMS[kind]:pack(...)) end

-- target { index, status, name, namespace, objects, plan, marks, slots, findings } -> bytes. `plan` is the id of the plan of its text;
-- `marks` and `slots` are batch.texts'.
function record.target(t)
  return item(TARGET, t.index, NUMBERS[t.status], t.objects or 0, t.name or "", t.namespace or "", t.plan or record.NO_PLAN, t.marks or "",
    t.slots or "", t.findings and t.findings[1] and packed.pack(t.findings) or "")
end

-- plan(id, bytes of batch.texts) -> bytes
function record.plan(id, bytes) return item(PLAN, id, bytes) end

-- Iterator over kind and bytes of each record. Behind the last one that is there as a whole, it ends.
local function items(spool)
  local at, kept, from = 0, "", 1
  local function fill(need)
    while #kept - from + 1 < need do
      local bytes = spool:read(at, math.max(BLOCK, need))
      if bytes == "" then return false end
      at = at + #bytes
      kept, from = kept:sub(from) .. bytes, 1
    end
    return true
  end
  return function()
    if not fill(5) then return nil end
    local size = ("<I4"):unpack(kept, from + 1)
    if not fill(5 + size) then return nil end
    local kind, body, behind = ("<c1s4"):unpack(kept, from)
    from = behind
    return kind, body
  end
end

local function read_target(body)
  local index, status, objects, name, namespace, plan, marks, slots, findings = FORMS[TARGET]:unpack(body)
  return { index = index, status = STATUSES[status + 1], objects = objects, name = name, namespace = namespace,
    plan = plan ~= record.NO_PLAN and plan or nil, marks = marks, slots = slots,
    findings = findings ~= "" and packed.unpack(findings) or {} }
end

-- targets(spool [, iterator over targets before those [, function(id, bytes), called for each plan]]) -> iterator over the targets, as
-- `target` takes them
function record.targets(spool, before, plan)
  local next_item = items(spool)
  return function()
    local target = before and before()
    if target then return target end
    before = nil
    for kind, body in next_item do
      if kind == TARGET then return read_target(body) end
      if plan then plan(FORMS[PLAN]:unpack(body)) end
    end
  end
end

-- findings(spool [, before]) -> iterator over the findings of all targets
function record.findings(spool, before)
  local targets, found, at = record.targets(spool, before), {}, 0
  return function()
    at = at + 1
    while not found[at] do
      local target = targets()
      if not target then return nil end
      found, at = target.findings, 1
    end
    return found[at]
  end
end

return record
