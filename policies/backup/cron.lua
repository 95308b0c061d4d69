-- Schedules as Kubernetes reads them: five fields or a word such as @daily.
local cron = {}

local MONTHS = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" }
local DAYS = { [0] = "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

local function by_name(list)
  local numbers = {}
  for number, name in pairs(list) do numbers[name] = number end
  return numbers
end

local FIELDS = {
  { name = "minute", low = 0, high = 59 }, { name = "hour", low = 0, high = 23 }, { name = "day of the month", low = 1, high = 31 },
  { name = "month", low = 1, high = 12, names = by_name(MONTHS) }, { name = "day of the week", low = 0, high = 6, names = by_name(DAYS) },
}

local WORDS = { ["@yearly"] = true, ["@annually"] = true, ["@monthly"] = true, ["@weekly"] = true, ["@daily"] = true,
  ["@midnight"] = true, ["@hourly"] = true }

local LONGEST_MONTH = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function number_of(text, field)
  if text:find "^%d%d?$" then return tonumber(text) end
  return field.names and field.names[text:lower()]
end

-- Enters what one item of a field's list stands for. Returns why it cannot.
local function enter(item, field, set)
  local range, step = item:match "^([^/]*)/(%d+)$"
  range = range or item
  if step == "0" then return ("%s: a step of 0"):format(field.name) end
  local first, last = range:match "^(%w+)%-(%w+)$"
  local low, high = number_of(first or range, field), number_of(last or range, field)
  if range == "*" or range == "?" then low, high = field.low, field.high
  elseif step and not last then high = field.high end
  if not low or not high then return ("%s: %q is no number, range or list"):format(field.name, item) end
  if low < field.low or high > field.high then
    return ("%s: %s is not between %d and %d%s"):format(field.name, item, field.low, field.high, item == "7" and "; Sunday is 0" or "")
  end
  if low > high then return ("%s: the range %s goes backwards"):format(field.name, item) end
  for number = low, high, step and math.max(1, tonumber(step)) or 1 do set[number] = true end
end

local function parse_field(text, field)
  local set = {}
  for item in (text .. ","):gmatch "([^,]*)," do
    local why = enter(item, field, set)
    if why then return nil, why end
  end
  return set
end

local function is_any(text) return text == "*" or text == "?" end

-- Whether one of the months has one of the days.
local function ever_comes(days, months)
  for month in pairs(months) do
    for day in pairs(days) do
      if day <= LONGEST_MONTH[month] then return true end
    end
  end
  return false
end

-- The five fields as sets of numbers with their texts, or nil and why not.
local function parse(text)
  local words, sets = {}, {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  if #words ~= 5 then return nil, ("%d fields, not the five minute, hour, day, month, day of the week"):format(#words) end
  for i, field in ipairs(FIELDS) do
    local set, why = parse_field(words[i], field)
    if not set then return nil, why end
    sets[i] = set
  end
  return sets, words
end

-- problem(text) -> why it is no schedule that ever comes, or nil
function cron.problem(text)
  if type(text) ~= "string" or text == "" then return nil end
  if text:find "^C?R?O?N?_?TZ=" then return "a time zone does not belong into a schedule" end
  local every = text:match "^@every (.*)$"
  if every then return not cron.seconds(every) and ("%q is no duration"):format(every) or nil end
  if text:sub(1, 1) == "@" then
    return not WORDS[text] and ("%s is not one of @yearly, @monthly, @weekly, @daily, @hourly"):format(text) or nil
  end
  local sets, words = parse(text)
  if not sets then return words end
  if is_any(words[5]) and not ever_comes(sets[3], sets[4]) then return "none of these months has such a day" end
end

-- Whether it starts in each minute of certain hours: 60 times where once was meant.
function cron.each_minute_of_an_hour(text)
  local sets, words = parse(type(text) == "string" and text or "")
  return sets ~= nil and is_any(words[1]) and not is_any(words[2])
end

local UNITS = { h = 3600, m = 60, s = 1, ms = 1e-3, us = 1e-6, ["µs"] = 1e-6, ns = 1e-9 }

-- seconds("1h30m") -> 5400; nil when it is no duration as Go writes them
function cron.seconds(text)
  local sum, rest = 0, text
  while rest ~= "" do
    local number, unit, behind = rest:match "^(%d+%.?%d*)([^%d.]+)(.*)$"
    if not number or not UNITS[unit] then return nil end
    sum, rest = sum + tonumber(number) * UNITS[unit], behind
  end
  return text ~= "" and sum or nil
end

-- For `ask`: why a text is no duration above zero, or nil.
function cron.duration_problem(text)
  if type(text) ~= "string" or text == "" then return nil end
  local seconds = cron.seconds(text)
  if not seconds then return ("%q is no duration such as 1h30m"):format(text) end
  if seconds <= 0 then return ("%q is no time at all"):format(text) end
end

return cron
