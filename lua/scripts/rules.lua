-- Rules of scripts, run over objects that were rendered; and waivers, which set findings aside.
local diag = require "base.diag"
local glob = require "base.glob"
local place = require "base.place"
local sandbox = require "scripts.sandbox"
local view = require "engine.view"

local rules = {}

local function object_of(object)
  return { kind = object.kind, namespace = object.metadata.namespace, name = object.metadata.name }
end

local function name_of(object)
  return ("%s %s%s"):format(object.kind, object.metadata.namespace and object.metadata.namespace .. "/" or "", object.metadata.name)
end

-- Findings of one rule about one object.
local MOST_FINDINGS = 1000

-- The report function that a rule's check is given: report(table, key, message [, { hint, fix }]).
local function reporter(rule, object, findings)
  return function(t, key, message, more)
    local shown = view.shown(t)
    if type(shown) ~= "table" then error("report needs the object, or a part of it, and a key in it", 2) end
    if type(message) ~= "string" then error("report needs a message: report(part, key, message)", 2) end
    if more ~= nil and type(more) ~= "table" then error("report: what stands behind the message is a table: { hint = … }", 2) end
    local hint = more and more.hint
    if hint ~= nil and type(hint) ~= "string" then error("report: the hint must be a string", 2) end
    if #findings == MOST_FINDINGS then error(("more than %d findings about one object"):format(MOST_FINDINGS), 2) end
    findings[#findings + 1] = { rule = rule.name, severity = rule.severity, message = message, place = place.of(shown, key),
      object = object_of(object), within = name_of(object), hint = hint }
  end
end

-- The waiver that sets the finding aside: nil when there is none; with `today` past its end, it is returned as the second value.
local function waiver_for(finding, waivers, today)
  local late
  local name = finding.object.name
  for _, waiver in ipairs(waivers) do
    if glob.matches(waiver.rule, finding.rule) and glob.matches(waiver.match, name) then
      if not waiver.expires or today <= waiver.expires then
        waiver.used = true
        return waiver
      end
      waiver.used = true
      late = waiver
    end
  end
  return nil, late
end

-- check(objects, registry, today) -> findings, errors of the scripts themselves included. Findings that are waived are left out.
function rules.check(objects, registry, today)
  local kept, limited = {}, false
  for _, object in ipairs(objects) do
    for _, rule in ipairs(registry.rules) do
      if rule.kinds[object.kind] then
        local findings = {}
        local what = ("rule %s, asked about %s"):format(rule.name, name_of(object))
        local ok, why = sandbox.run({ what = what, file = rule.file }, rule.check, view.of(object), reporter(rule, object, findings))
        if not ok and not (why.limit and limited) then kept[#kept + 1] = why end
        limited = limited or not ok and why.limit
        for _, finding in ipairs(findings) do
          local waiver, late = waiver_for(finding, registry.waivers, today)
          if late then finding.hint = ("its waiver ended on %s: %s"):format(late.expires, late.reason) end
          if not waiver then kept[#kept + 1] = finding end
        end
      end
    end
  end
  return kept
end

-- Waivers that set nothing aside, as warnings.
function rules.unused_waivers(registry)
  local found = {}
  for _, waiver in ipairs(registry.waivers) do
    if not waiver.used then
      found[#found + 1] = { rule = "unused-waiver", severity = "warning", place = { file = waiver.file },
        message = ("the waiver of %s for %s (%s) sets nothing aside"):format(waiver.rule, waiver.match, waiver.reason) }
    end
  end
  return found
end

-- A date as users write it, or an error: YYYY-MM-DD.
function rules.check_date(text, what)
  local month, day = text:match "^%d%d%d%d%-(%d%d)%-(%d%d)$"
  if not month or tonumber(month) < 1 or tonumber(month) > 12 or tonumber(day) < 1 or tonumber(day) > 31 then
    diag.raise { rule = "bad-date", message = ("%s must be a date such as 2027-01-31, not %q"):format(what, text) }
  end
  return text
end

return rules
