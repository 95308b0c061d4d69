-- Times as Go writes them, such as 1h30m or 1.5h.
local duration = {}

duration.SECOND = 1000000000 -- nanoseconds
local SECOND = duration.SECOND
local UNITS = { h = 3600 * SECOND, m = 60 * SECOND, s = SECOND, ms = 1000000, us = 1000, ["µs"] = 1000, ["μs"] = 1000, ns = 1 }
local LONGEST = 9223372036 -- seconds that Go's durations can hold

-- nanoseconds(text) -> its length, negative too; nil when it is none
function duration.nanoseconds(text)
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

-- seconds(text) -> as many, with a fraction; nil for what is none, and for one that is not positive
function duration.seconds(text)
  local time = duration.nanoseconds(text)
  return time and time > 0 and time / SECOND or nil
end

return duration
