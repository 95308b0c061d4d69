-- Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change:
--   ::error file=a.yaml,line=8,col=10,endLine=8,endColumn=20,title=image-pinned::the message
local diag = require "base.diag"

local COMMANDS = { error = "error", warning = "warning", info = "notice" }

-- A percent sign is what escapes; no other character of a visible text ends a message.
local function message_text(text) return (diag.visible(text):gsub("%%", "%%25")) end

local function property(text)
  return (message_text(text):gsub("[:,]", { [":"] = "%3A", [","] = "%2C" }))
end

-- Columns count for a place within one line only.
local function place_properties(out, place)
  local function add(name, v) out[#out + 1] = ("%s=%s"):format(name, property(v)) end
  add("file", place.file)
  if not place.line then return end
  local one_line = place.end_line == place.line
  add("line", place.line)
  if one_line then add("col", place.column) end
  if place.end_line then add("endLine", place.end_line) end
  if one_line and place.end_column then add("endColumn", place.end_column) end
end

-- command(d) -> one line
return function(d)
  local properties = {}
  if d.place then place_properties(properties, d.place) end
  properties[#properties + 1] = "title=" .. property(d.rule)
  local lines = { message_text(d.message) }
  if d.hint then lines[#lines + 1] = message_text(d.hint) end
  if d.within then lines[#lines + 1] = "in " .. message_text(d.within) end
  return ("::%s %s::%s\n"):format(COMMANDS[d.severity], table.concat(properties, ","), table.concat(lines, "%0A"))
end
