-- JSON of API servers, in and out.
local emit = require "engine.emit"
local load = require "engine.load"
local order = require "output.order"

local json = {}

local emitter

-- decode(text) -> the object in it as a table, or nil where there is none
function json.decode(text)
  if not text:find "^%s*{" then return nil end
  local source = load.source(text, "the answer")
  local reader = source and load.reader(source)
  local document = reader and load.document(reader)
  if not document then return nil end
  local v = load.root(document)
  load.close(document)
  return type(v) == "table" and v or nil
end

-- encode(table) -> text in one line
function json.encode(v)
  emitter = emitter or emit.new(order)
  local text, why = emitter:json(v)
  if not text then error(why, 0) end
  return text
end

return json
