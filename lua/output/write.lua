-- Job tree --emit--> YAML, JSON
local diag = require "base.diag"
local emit = require "engine.emit"
local host = require "engine.host"
local order = require "output.order"

local emitter

-- The text of one object in each format.
local texts = {}

function texts.yaml(object, secrets) return emitter:yaml(object, nil, secrets) end
function texts.json(object, secrets) return emitter:json(object, 4, secrets) end
function texts.ndjson(object, secrets)
  local text, why = emitter:json(object, nil, secrets)
  return text and text .. "\n", why
end

-- "job.batch/NAME", as kubectl -o name
function texts.name(object)
  local group = object.apiVersion:match "^(.*)/"
  return ("%s%s/%s\n"):format(object.kind:lower(), group and "." .. group or "", object.metadata.name)
end

-- Several JSON objects stand in a List, as kubectl has it. No text of JSON holds a line end within a string.
local function json_list(all)
  local items = {}
  for i, text in ipairs(all) do items[i] = (" "):rep(8) .. text:gsub("\n", "\n" .. (" "):rep(8)) end
  local head = '{\n    "apiVersion": "v1",\n    "kind": "List",\n    "metadata": {},\n    "items": [\n'
  return head .. table.concat(items, ",\n") .. "\n    ]\n}"
end

local write = { formats = { "yaml", "json", "ndjson", "name" } }

-- text(object, format [, secrets]) -> string | nil, why the object cannot be written: with a secret in it, it cannot, unless `secrets` is
-- true.
function write.text(object, format, secrets)
  emitter = emitter or emit.new(order)
  return texts[format](object, secrets)
end

-- Gives the texts of all objects to standard output.
function write.all(all, format)
  if #all == 0 then return end
  local whole
  if format == "json" then whole = (#all == 1 and all[1] or json_list(all)) .. "\n"
  else whole = table.concat(all, format == "yaml" and "---\n" or "") end
  local ok, why = host.output(whole)
  if not ok then diag.raise { rule = "output", message = "cannot write the output: " .. why } end
end

return write
