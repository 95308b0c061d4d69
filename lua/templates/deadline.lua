-- The deadline of what is made: an invoker's timeOut in seconds.
local diag = require "base.diag"
local place = require "base.place"
local value = require "base.value"

local SECOND = 1000000000 -- nanoseconds
local UNITS = { h = 3600 * SECOND, m = 60 * SECOND, s = SECOND, ms = 1000000, us = 1000, ["µs"] = 1000, ["μs"] = 1000, ns = 1 }
local LONGEST = 9223372036 -- seconds that Go's durations can hold

-- A time as Go writes it, such as 1h30m or 1.5h, in nanoseconds; nil when it is none.
local function nanoseconds(text)
  local sum, rest = 0, text:gsub("^[+-]", "")
  if rest == "0" then return 0 end
  if rest == "" then return nil end
  while rest ~= "" do
    local whole, fraction, unit, behind = rest:match "^(%d*)%.?(%d*)([^%d.]+)(.*)$"
    local worth = unit and UNITS[unit]
    if not worth or whole .. fraction == "" then return nil end
    local number = tonumber("0" .. whole)
    if number > (LONGEST * SECOND - sum) // worth - 1 then return nil end
    sum = sum + worth * number + math.tointeger(worth * tonumber("0." .. fraction .. "0") // 1)
    rest = behind
  end
  return text:sub(1, 1) == "-" and -sum or sum
end

-- deadline(resolver) -> whole seconds, rounded up, or nil when there is no deadline: nothing is said, or zero, which an API server would
-- refuse. Raises a diagnostic at the field when it is no time or a negative one.
return function(resolver)
  local invoker = resolver.target.invoker
  local spec = invoker and invoker.value.spec
  local text = value.get(spec, "timeOut")
  if value.is_empty(text) then return nil end
  local time = nanoseconds(text)
  if not time or time < 0 then
    diag.raise { rule = "bad-timeout", place = place.of(spec, "timeOut"),
      message = ("timeOut must be a time such as 1h30m%s, not %q"):format(time and " and not negative" or "", text) }
  end
  return time > 0 and (time + SECOND - 1) // SECOND or nil
end
