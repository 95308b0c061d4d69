-- What rules found, from when it is reported to when it is printed: each once, in the order of the places, and marked when it is waived.
--
-- A finding is a diagnostic (base.diag) with `object`, `path` (the field of the object as users write it) and `fix`. The same finding
-- about several objects, which one line of a Function can cause in a thousand Jobs, is printed once and counts the others.
local diag = require "base.diag"
local waivers = require "scripts.waivers"

local Findings = {}
Findings.__index = Findings

local function key_of(finding, each)
  local at = finding.place
  local where
  if not each and at and at.line then where = ("%s:%d:%d"):format(at.file, at.line, at.column)
  else where = ("%s %s/%s %s"):format(at and at.file or "", finding.object and finding.object.namespace or "",
    finding.object and finding.object.name or "", finding.path or "") end
  return table.concat({ finding.rule, where, finding.waived and "waived" or "", finding.message }, "\0")
end

-- add(finding) -> true when it counts: it is not waived, and as severe as the run fails on.
function Findings:add(finding)
  local waiver, late = waivers.find(self.waivers, finding, self.today)
  if waiver then
    self.waived = self.waived + 1
    finding.waived = { reason = waiver.reason, expires = waiver.expires }
  end
  if late then finding.hint = ("its waiver ended on %s: %s"):format(late.expires, late.reason) end
  local key = key_of(finding, self.each)
  local first = self.by_key[key]
  if first then
    if first.within ~= finding.within then first.others = (first.others or 0) + 1 end
  else
    self.by_key[key] = finding
    finding.number = #self.all + 1
    self.all[finding.number] = finding
  end
  return not waiver and diag.fails(finding.severity, self.fail_on)
end

-- What has no place in a file comes last.
local function before(a, b)
  local p, q = a.place or {}, b.place or {}
  if p.file ~= q.file then return (p.file or "\255") < (q.file or "\255") end
  if p.line ~= q.line then return (p.line or 0) < (q.line or 0) end
  if p.column ~= q.column then return (p.column or 0) < (q.column or 0) end
  return a.number < b.number
end

-- Reports what was collected, in the order of files, lines and columns. `fix`, if given, is asked first which of them are left.
function Findings:flush(report, fix)
  table.sort(self.all, before)
  if fix then self.all = fix(self.all, report) end
  for _, d in ipairs(self.all) do
    if d.others then d.within = ("%s and %d more"):format(d.within or "", d.others) end
    report:add(d)
  end
  self.all, self.by_key = {}, {}
end

-- findings(waivers, { today, fail_on, each }) -> an empty collection; with `each`, a finding is another one for another object
return function(all, settings)
  return setmetatable({ waivers = all, today = settings.today, fail_on = settings.fail_on,
    each = settings.each, all = {}, by_key = {}, waived = 0 }, Findings)
end
