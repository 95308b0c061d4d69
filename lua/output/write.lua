-- Job tree --emit--> YAML, JSON
local diag = require "base.diag"
local emit = require "engine.emit"
local host = require "engine.host"
local order = require "output.order"

local emitter

local formats = {}

function formats.yaml(objects)
  local out = {}
  for i, object in ipairs(objects) do out[i] = emitter:yaml(object) end
  return table.concat(out, "---\n")
end

-- As kubectl has it: one object stands alone, several in a List.
function formats.json(objects)
  local whole = objects[1]
  if #objects ~= 1 then whole = { apiVersion = "v1", kind = "List", metadata = {}, items = objects } end
  return emitter:json(whole, 4) .. "\n"
end

function formats.ndjson(objects)
  local out = {}
  for i, object in ipairs(objects) do out[i] = emitter:json(object) .. "\n" end
  return table.concat(out)
end

-- "job.batch/NAME", as kubectl -o name
function formats.name(objects)
  local out = {}
  for i, object in ipairs(objects) do
    local group = object.apiVersion:match "^(.*)/"
    out[i] = ("%s%s/%s\n"):format(object.kind:lower(), group and "." .. group or "", object.metadata.name)
  end
  return table.concat(out)
end

local write = { formats = { "yaml", "json", "ndjson", "name" } }

-- The object's text in that format, to see whether it can be written at all. Raises a diagnostic.
function write.check(object)
  emitter = emitter or emit.new(order)
  local ok, why = pcall(emitter.json, emitter, object)
  if not ok then diag.raise { rule = "unwritable", message = tostring(why) } end
end

-- Gives the objects to standard output.
function write.objects(objects, format)
  if #objects == 0 then return end
  emitter = emitter or emit.new(order)
  local ok, why = host.output(formats[format](objects))
  if not ok then diag.raise { rule = "output", message = "cannot write the output: " .. why } end
end

return write
