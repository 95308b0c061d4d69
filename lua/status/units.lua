-- Sizes, times and dates as statuses have them.
local units = {}

local SIZES = { { 1 << 40, "TiB" }, { 1 << 30, "GiB" }, { 1 << 20, "MiB" }, { 1 << 10, "KiB" } }

-- bytes(number) -> "1.500 KiB"
function units.bytes(number)
  for _, size in ipairs(SIZES) do
    if number >= size[1] then return ("%.3f %s"):format(number / size[1], size[2]) end
  end
  return ("%d B"):format(number // 1)
end

-- read_bytes("1.500 KiB") -> 1536; nil for what is no size
function units.read_bytes(text)
  local number, unit = text:match "^(%d+%.?%d*) (%a+)$"
  if unit == "B" then return math.tointeger(tonumber(number)) end
  for _, size in ipairs(SIZES) do
    if unit == size[2] then return tonumber(number) * size[1] // 1 | 0 end
  end
end

-- clock(seconds) -> "1:05", "2:00:07"
function units.clock(seconds)
  local whole = seconds // 1
  if whole < 3600 then return ("%d:%02d"):format(whole // 60, whole % 60) end
  return ("%d:%02d:%02d"):format(whole // 3600, whole // 60 % 60, whole % 60)
end

-- read_clock("2:00:07") -> 7207; nil for what is no time
function units.read_clock(text)
  if not text:find "^%d+:[%d:]*%d$" then return nil end
  local seconds = 0
  for part in text:gmatch "%d+" do seconds = seconds * 60 + tonumber(part) end
  return seconds
end

-- duration(seconds) -> "1m2.5s", as Go writes it
function units.duration(seconds)
  local rest = ("%.3f"):format(seconds % 60):gsub("%.?0+$", "")
  if rest == "" then rest = "0" end
  local minutes = seconds // 60
  if minutes == 0 then return rest .. "s" end
  if minutes < 60 then return ("%dm%ss"):format(minutes, rest) end
  return ("%dh%dm%ss"):format(minutes // 60, minutes % 60, rest)
end

-- timestamp(seconds since 1970) -> "2027-01-31T02:30:00Z"
function units.timestamp(seconds)
  local days, left = seconds // 86400, seconds % 86400
  local shifted = days + 719468 -- since 0000-03-01
  local era = shifted // 146097
  local of_era = shifted % 146097
  local year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local month = (5 * of_year + 2) // 153
  local day, calendar = of_year - (153 * month + 2) // 5 + 1, month < 10 and month + 3 or month - 9
  local year = year_of_era + era * 400 + (calendar <= 2 and 1 or 0)
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(year, calendar, day, left // 3600, left // 60 % 60, left % 60)
end

return units
