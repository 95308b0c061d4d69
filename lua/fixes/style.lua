-- How a value is written into a file: as block or flow YAML, as JSON, and a string in the quotes that stood there before.
local emit = require "engine.emit"
local load = require "engine.load"
local order = require "output.order"
local value = require "base.value"

local style = {}

local emitter

local function writer()
  emitter = emitter or emit.new(order)
  return emitter
end

-- What cannot be written is an error with the reason.
local function must(text, why)
  if not text then error(why, 0) end
  return text
end

-- JSON on one line.
function style.json(v) return (must(writer():json(v)):gsub("\n$", "")) end

-- Whether a text is read as this string, within brackets or in a block.
local function reads_as(text, wanted, flow)
  if text == "" or text:find "[%c\127]" then return false end
  local source = load.source(flow and "[" .. text .. "]\n" or "- " .. text .. "\n")
  local reader = source and load.reader(source)
  local list = reader and load.next(reader)
  return type(list) == "table" and #list == 1 and list[1] == wanted
end

-- A string, in the quotes that `old` has; plain where that was plain and is read as the same.
local function string_text(v, old, flow)
  local single = "'" .. v:gsub("'", "''") .. "'"
  if old:sub(1, 1) == "'" and reads_as(single, v, flow) then return single end
  if old:sub(1, 1) ~= '"' and reads_as(v, v, flow) then return v end
  return style.json(v)
end

-- scalar(value, old text, within brackets, JSON) -> text
function style.scalar(v, old, flow, json)
  if type(v) == "string" and not json then return string_text(v, old, flow) end
  return style.json(v)
end

-- flow(value, JSON) -> text on one line, in brackets where it is a table
function style.flow(v, json)
  if json then return style.json(v) end
  if type(v) ~= "table" then return style.scalar(v, "", true) end
  local parts = {}
  for _, key in ipairs(value.keys(v)) do
    local text = style.flow(v[key])
    parts[#parts + 1] = value.is_list(v) and text or style.scalar(key, "", true) .. ": " .. text
  end
  local all = table.concat(parts, ", ")
  return value.is_list(v) and "[" .. all .. "]" or "{" .. all .. "}"
end

-- block(value, indentation, line end) -> lines, the first without indentation and the last without an end
function style.block(v, indentation, line_end)
  local text = must(writer():yaml(v)):gsub("\n$", "")
  return (text:gsub("\n", line_end .. (" "):rep(indentation)))
end

return style
