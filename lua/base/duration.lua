-- Durations as Go writes them: 1h30m, 90s, 1.5h.
local UNITS = { h = 3600, m = 60, s = 1, ms = 1e-3, us = 1e-6, ["µs"] = 1e-6, ["μs"] = 1e-6, ns = 1e-9 }
local LONGEST = math.maxinteger / 1e9 -- Go counts nanoseconds in 64 bits

local duration = {}

-- seconds(text) -> a number | nil when it is no duration
function duration.seconds(text)
  local sign, rest = text:match "^([+-]?)(.+)$"
  if rest == "0" then return 0 end
  local sum = 0
  while rest and rest ~= "" do
    local number, unit, behind = rest:match "^(%d*%.?%d*)([^%d.]+)(.*)$"
    number = tonumber(number)
    if not number or not UNITS[unit] then return nil end
    sum, rest = sum + number * UNITS[unit], behind
  end
  if not rest or sum > LONGEST then return nil end
  return sign == "-" and -sum or sum
end

return duration
