-- Waivers: findings that a site sets aside, with a reason and, if it should not be for ever, an end date.
--
-- A waiver is { rule = glob, match = glob of an object's name, reason, expires = "YYYY-MM-DD" or nil, place }; `used` is set when a
-- finding met it.
local diag = require "base.diag"
local glob = require "base.glob"
local place = require "base.place"

local waivers = {}

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_of(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or DAYS[month]
end

-- A date as users write it, or an error: YYYY-MM-DD.
function waivers.check_date(text, what)
  local year, month, day = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if not month or month < 1 or month > 12 or day < 1 or day > days_of(year, month) then
    diag.raise { rule = "bad-date", message = ("%s must be a date such as 2027-01-31, not %q"):format(what, text) }
  end
  return text
end

-- Raises a diagnostic when a waiver of moonstep.yaml, whose fields are strings, lacks something or has no such date.
function waivers.check_given(waiver, title)
  for _, field in ipairs { "rule", "match", "reason" } do
    if (waiver[field] or "") == "" then
      diag.raise { rule = "bad-config", place = place.of(waiver, field), message = ("%s needs a %s"):format(title, field),
        hint = field == "reason" and "say why, for who reads it when it ends" or "a name, or a glob such as *" }
    end
  end
  local ok, why = diag.catch(waivers.check_date, waiver.expires or "2000-01-01", title .. ".expires")
  if ok then return end
  why.place = place.of(waiver, "expires")
  diag.raise(why)
end

-- find(waivers, finding, today) -> the waiver that sets the finding aside, or nil; one whose time is over is the second result.
function waivers.find(all, finding, today)
  local late
  local name = finding.object and finding.object.name or ""
  for _, waiver in ipairs(all) do
    if glob.matches(waiver.rule, finding.rule) and glob.matches(waiver.match, name) then
      waiver.used = true
      if not waiver.expires or today <= waiver.expires then return waiver end
      late = waiver
    end
  end
  return nil, late
end

-- Waivers that no finding met, as warnings.
function waivers.unused(all)
  local found = {}
  for _, waiver in ipairs(all) do
    if not waiver.used then
      found[#found + 1] = { rule = "unused-waiver", severity = "warning", place = waiver.place,
        message = ("the waiver of %s for %s (%s) sets nothing aside"):format(waiver.rule, waiver.match, waiver.reason) }
    end
  end
  return found
end

return waivers
