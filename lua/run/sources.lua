-- Secrets and ConfigMaps that are known: those of the given files, and those that were rendered, which count first. A Job on this machine
-- reads them; on a cluster their secrets are masked.
--
--   local known = sources.new()
--   known:add(object)              a Secret or ConfigMap as plain tables; any other is passed over. What is secret is masked from here on
--   known:get(kind, namespace, name)  -> { key -> bytes } | nil, and which of these keys no environment has (binaryData): { key -> true }
local base64 = require "base.base64"
local diag = require "base.diag"
local secret = require "engine.secret"
local value = require "base.value"

local sources = {}

local Sources = {}
Sources.__index = Sources

local function key_of(kind, namespace, name) return ("%s %s/%s"):format(kind, namespace or "default", name) end

local function add_texts(keys, texts, decode, what)
  for key, text in value.pairs(texts or {}) do
    if type(text) ~= "string" then
      diag.raise { rule = "needs-cluster", message = ("%s: %s must be a string, and is %s"):format(what, key, value.describe(text)) }
    end
    keys[key] = decode and base64.decode((text:gsub("%s", ""))) or not decode and text
      or diag.raise { rule = "needs-cluster", message = ("%s: data.%s is not base64"):format(what, key),
        hint = "put plain text into stringData" }
  end
end

function Sources:add(object)
  local kind, metadata = object.kind, object.metadata
  if kind ~= "Secret" and kind ~= "ConfigMap" or type(metadata) ~= "table" then return end
  local what, keys = ("%s %s"):format(kind, tostring(metadata.name)), {}
  add_texts(keys, value.get(object, "data"), kind == "Secret", what)
  if kind == "Secret" then
    add_texts(keys, value.get(object, "stringData"), false, what)
    for _, bytes in pairs(keys) do secret.of(bytes) end
  else add_texts(keys, value.get(object, "binaryData"), true, what) end
  local binary = {}
  for key in value.pairs(kind == "ConfigMap" and value.get(object, "binaryData") or {}) do binary[key] = true end
  self[key_of(kind, metadata.namespace or self.namespace, metadata.name)] = { keys = keys, binary = binary }
end

function Sources:get(kind, namespace, name)
  local found = self[key_of(kind, namespace, name)]
  if found then return found.keys, found.binary end
end

-- new(namespace of objects that name none)
function sources.new(namespace) return setmetatable({ namespace = namespace }, Sources) end

return sources
