-- Comma-separated values (RFC 4180): fields may stand in quotes, which may hold commas, line ends and doubled quotes.

-- The field that starts at `at`, and the position of the comma or line end behind it.
local function take_field(text, at)
  if text:sub(at, at) ~= '"' then
    local stop = text:find("[,\n]", at) or #text + 1
    return text:sub(at, stop - 1), stop
  end
  local close = at + 1
  while true do
    close = text:find('"', close, true)
    if not close then error("a quoted field has no end", 0) end
    if text:sub(close + 1, close + 1) ~= '"' then break end
    close = close + 2
  end
  return text:sub(at + 1, close - 1):gsub('""', '"'), close + 1
end

-- csv(text) -> a list of rows, each a map by the names that the first row gives
return function(text)
  text = text:gsub("\r\n", "\n")
  local rows, row, at = {}, {}, 1
  while at <= #text do
    local field, stop = take_field(text, at)
    row[#row + 1] = field
    if text:sub(stop, stop) ~= "," then
      rows[#rows + 1] = row
      row = {}
    end
    at = stop + 1
  end
  local names = table.remove(rows, 1) or {}
  for i, fields in ipairs(rows) do
    local named = {}
    for k, name in ipairs(names) do named[name] = fields[k] end
    rows[i] = named
  end
  return rows
end
