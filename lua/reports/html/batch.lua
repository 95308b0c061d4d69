-- The page of a batch: targets one by one, as workers have recorded them (batch.record), with plans and what fills them.
local diag = require "base.diag"
local html = require "reports.html"
local texts = require "batch.texts"

-- The plans that targets name, by their ids.
local function plans_of()
  local known = {}
  local function take(id, bytes) known[id] = known[id] or { bytes = bytes, variants = {} } end
  -- The pieces of a plan for rows with these marks: a table of their own for each.
  local function pieces(id, marks)
    local plan = known[id]
    plan.variants[marks] = plan.variants[marks] or texts.pieces(plan.bytes, marks)
    return plan.variants[marks]
  end
  return take, pieces
end

local function records_of(findings)
  local out = {}
  for i, d in ipairs(findings) do out[i] = diag.record(d) end
  return out
end

-- A malformed row has no name.
local function name_of(target) return target.name ~= "" and target.name or ("row %d"):format(target.index + 1) end

local function namespace_of(target, usual) return target.namespace ~= "" and target.namespace or usual end

-- report(run) -> the page as a list of strings. run.targets is an iterator factory as record.targets has it, run.kept are the messages of
-- the run itself.
return function(run)
  local page = html.new { title = run.title, facts = run.facts }
  local take, pieces = plans_of()
  for target in run.targets(take) do
    page:target { name = name_of(target), namespace = namespace_of(target, run.namespace), made = target.objects,
      pieces = target.plan and pieces(target.plan, target.marks), slots = target.slots, text = target.text,
      failed = target.status == "failed", withheld = target.status == "withheld", findings = records_of(target.findings) }
  end
  for _, d in ipairs(run.kept) do page:finding(diag.record(d)) end
  return page:parts()
end
