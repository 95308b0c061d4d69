-- Times that servers tell: in the headers of answers (RFC 9110, RFC 9111) how long one may be used again, and when to ask again; and when
-- something expires.
--
-- Dates are compared with the server's own, so that clocks which differ do not matter.
local freshness = {}

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- Days since 1970-01-01 in the Gregorian calendar; a year begins in March, so that a leap day is its last.
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return 365 * year + year // 4 - year // 100 + year // 400 + of_year - 719468
end

-- Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT", or nil.
function freshness.date(text)
  local day, month, year, hour, minute, second = text:match "^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not day or not MONTHS[month] then return nil end
  return ((days(tonumber(year), MONTHS[month], tonumber(day)) * 24 + tonumber(hour)) * 60 + tonumber(minute)) * 60 + tonumber(second)
end

-- Seconds since 1970 of "2027-01-31T08:30:00Z" (RFC 3339), with parts of a second and an offset from UTC as they come, or nil.
function freshness.timestamp(text)
  local year, month, day, hour, minute, second, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)%.?%d*(.*)$"
  if not year or month < "01" or month > "12" then return nil end
  local sign, hours, minutes = rest:match "^([+-])(%d%d):(%d%d)$"
  if not sign and rest ~= "Z" and rest ~= "z" then return nil end
  local offset = sign and (tonumber(hours) * 60 + tonumber(minutes)) * (sign == "-" and -60 or 60) or 0
  local minutes_of_day = tonumber(hour) * 60 + tonumber(minute)
  return (days(tonumber(year), tonumber(month), tonumber(day)) * 1440 + minutes_of_day) * 60 + tonumber(second) - offset
end

-- Seconds from the answer to a date in its headers, or nil.
local function until_date(headers, text)
  local at, now = freshness.date(text), freshness.date(headers.date or "")
  return at and now and math.max(0, at - now)
end

-- retry_after(headers) -> seconds that the server asks to wait, or nil
function freshness.retry_after(headers)
  local text = headers["retry-after"]
  if not text then return nil end
  return text:find "^%d+$" and #text < 10 and math.tointeger(tonumber(text)) or until_date(headers, text)
end

-- lifetime(headers) -> seconds for which the answer may be used again without asking, nil for all of the run, false: not kept
function freshness.lifetime(headers)
  local control = (headers["cache-control"] or ""):lower()
  if control:find("no-store", 1, true) or headers.vary == "*" then return false end
  if control:find("no-cache", 1, true) then return 0 end
  local age = control:match "max%-age=\"?(%d+)"
  if age then return math.max(0, tonumber(age:sub(1, 9)) - (tonumber((headers.age or ""):match "^%d+$") or 0)) end
  if headers.expires then return until_date(headers, headers.expires) or 0 end
  return nil
end

return freshness
