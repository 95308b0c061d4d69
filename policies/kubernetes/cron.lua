-- Rules about CronJobs: schedules, time zones.
local read = include "read.lua"

local CRON = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"

local MONTHS = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12 }
local DAYS = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 }

-- The five fields: name, least, most, words.
local FIELDS = { { "minute", 0, 59 }, { "hour", 0, 23 }, { "day of month", 1, 31 }, { "month", 1, 12, MONTHS }, { "day of week", 0, 6,
  DAYS } }

local MACROS = { ["@yearly"] = true, ["@annually"] = true, ["@monthly"] = true, ["@weekly"] = true, ["@daily"] = true, ["@midnight"] = true,
  ["@hourly"] = true }

local function number(text, words)
  if words and words[text:lower()] then return words[text:lower()] end
  if text:find "^%+?%d+$" then return tonumber(text) end
end

-- What is wrong with a part of a field, such as 5, 1-5, */10 or 10/5; nil when nothing is.
local function wrong_part(part, field)
  local name, least, most, words = table.unpack(field)
  local range, step = part:match "^([^/]*)/([^/]*)$"
  if not range and part:find("/", 1, true) then return ("the %s has more than one /"):format(name) end
  range = range or part
  local first, last = range:match "^([^-]*)%-([^-]*)$"
  if range:find "^[*?]$" or range:find "^[*?]%-" then first, last = least, most
  elseif not first and range:find("-", 1, true) then return ("the %s has more than one -"):format(name)
  else
    local text, other = first or range, last
    first = number(text, words)
    last = other and number(other, words) or not other and (step and most or first)
    if not first or not last then return ("the %s is no number"):format(name) end
  end
  if first < least or last > most then return ("the %s must be between %d and %d"):format(name, least, most) end
  if first > last then return ("the %s ends before it begins"):format(name) end
  if step and (not number(step) or number(step) == 0) then return ("the step of the %s must be a number above 0"):format(name) end
end

local DURATION = { ns = 1e-9, us = 1e-6, ["µs"] = 1e-6, ms = 1e-3, s = 1, m = 60, h = 3600 }

-- A duration as Go writes it: 1h30m.
local function is_duration(text)
  local rest = text:gsub("^[+-]", "")
  if rest == "0" then return true end
  if rest == "" then return false end
  while rest ~= "" do
    local amount, unit, behind = rest:match "^(%d*%.?%d*)([^%d%.]+)(.*)$"
    if not amount or not amount:find "%d" or not DURATION[unit] then return false end
    rest = behind
  end
  return true
end

-- A question: what is wrong with a schedule, or nil.
local function wrong_schedule(v)
  if type(v) ~= "string" or v == "" then return nil end
  if v:find "^TZ=" or v:find "^CRON_TZ=" then return "a time zone belongs into timeZone" end
  if v:sub(1, 1) == "@" then
    local every = v:match "^@every (.*)$"
    if every then return not is_duration(every) and "what stands behind @every must be a duration such as 1h30m" or nil end
    return not MACROS[v] and "there is @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly and @every" or nil
  end
  local parts = {}
  for part in v:gmatch "%S+" do parts[#parts + 1] = part end
  if #parts ~= 5 then return ("it must have five fields, and has %d"):format(#parts) end
  for i, text in ipairs(parts) do
    for part in text:gmatch "[^,]+" do
      local wrong = wrong_part(part, FIELDS[i])
      if wrong then return wrong end
    end
  end
end

rule "kubernetes/cron-schedule" {
  summary = "a schedule is a cron expression of five fields, or a macro",
  help    = "A server refuses the CronJob. The fields are minute, hour, day of month, month and day of week (0 to 6, Sunday is 0); there "
    .. "are no seconds.",
  source  = CRON .. "#schedule-syntax",
  kinds   = { "CronJob" },
  check   = function(object, report)
    local spec = read.table(object, "spec")
    local wrong = spec and ask(spec, "schedule", wrong_schedule)
    if wrong then report(spec, "schedule", "the schedule is no cron expression: " .. wrong) end
  end,
}

-- The days that months have at most.
local LONGEST = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- A question: whether a field is empty, or the days of month never come in the months. Only plain numbers are looked at.
local function never_comes(v)
  if type(v) ~= "string" or wrong_schedule(v) then return nil end
  if (" " .. v .. " "):find "%s,+%s" then return true end
  local day, month, weekday = v:match "^%s*%S+%s+%S+%s+(%S+)%s+(%S+)%s+(%S+)%s*$"
  if not day or weekday ~= "*" and weekday ~= "?" then return nil end
  local last = 0
  for part in month:gmatch "[^,]+" do
    local number_of = number(part, MONTHS)
    if not number_of then return nil end
    last = math.max(last, LONGEST[number_of])
  end
  for part in day:gmatch "[^,]+" do
    if not part:find "^%d+$" or tonumber(part) <= last then return nil end
  end
  return true
end

rule "kubernetes/cron-never" {
  summary  = "a schedule names a day that comes",
  help     = "Servers take 0 0 30 2 *, which never runs.",
  source   = CRON .. "#schedule-syntax",
  severity = "warning",
  kinds    = { "CronJob" },
  check    = function(object, report)
    local spec = read.table(object, "spec")
    if spec and ask(spec, "schedule", never_comes) then report(spec, "schedule", "the schedule names no day that comes") end
  end,
}

-- Names of the time zone database: areas and a few words of old.
local function wrong_zone(v)
  if type(v) ~= "string" then return nil end
  if v == "" then return "must not be empty" end
  if v:lower() == "local" then return "must be the name of a time zone, which Local is not" end
  if v:find "^/" or v:find("..", 1, true) or v:find "\\" or v:find "^%-" then return "must be a name such as Europe/Berlin" end
  if v:find "^[+]" or v:find "%s" or not v:find "^%a" then return "must be a name such as Europe/Berlin" end
  if v:find "^UTC[+-]%d" or v:find "^GMT[+-]%d%d" then return "must be a name such as Europe/Berlin; Etc/GMT-2 is two hours ahead of "
    .. "UTC" end
end

rule "kubernetes/cron-time-zone" {
  summary = "timeZone is a name of the time zone database",
  help    = "A server refuses the CronJob. Names have an area and a place, such as Europe/Berlin, or are Etc/UTC. Whether the place "
    .. "exists only the server knows.",
  source  = CRON .. "#time-zones",
  kinds   = { "CronJob" },
  check   = function(object, report)
    local spec = read.table(object, "spec")
    local wrong = spec and ask(spec, "timeZone", wrong_zone)
    if wrong then report(spec, "timeZone", "timeZone " .. wrong) end
  end,
}

local function too_short(v) return math.type(v) == "integer" and v >= 0 and v < 10 end

rule "kubernetes/cron-deadline" {
  summary  = "a CronJob may start at least ten seconds late",
  help     = "Servers take less, but schedules are looked at every ten seconds, so that the Job may never start.",
  source   = CRON .. "#starting-deadline",
  severity = "warning",
  kinds    = { "CronJob" },
  check    = function(object, report)
    local spec = read.table(object, "spec")
    if spec and ask(spec, "startingDeadlineSeconds", too_short) then
      report(spec, "startingDeadlineSeconds", "with fewer than 10 seconds the Job may never start")
    end
  end,
}
