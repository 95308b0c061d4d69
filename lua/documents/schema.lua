-- JSON Schemas (draft-07, as editors take it) of documents and of moonstep.yaml, made from their types.
--
-- A schema takes what moonstep takes: null counts as absent, a quantity is a string or a number, and ${VARIABLES} may stand in every
-- string. It is stricter where moonstep passes a value on that only an API server would refuse, and with fields that moonstep ignores.
local kinds = require "documents.kinds"
local notes = require "documents.notes"
local value = require "base.value"

local schema = {}

local DRAFT = "http://json-schema.org/draft-07/schema#"
local VARIABLE = "\\$\\{"

-- What a field of a scalar type may be.
local SCALARS = { s = { "string" }, i = { "integer" }, n = { "number" }, b = { "boolean" },
  q = { "string", "number" }, x = { "integer", "string" } }

-- The types that are referred to and still have to be described.
local Pending = {}
Pending.__index = Pending

function Pending:reference(name)
  if not self.known[name] then
    self.known[name] = true
    table.insert(self.names, name)
  end
  return "#/definitions/" .. name
end

local function types(names, nullable)
  local all = value.list { table.unpack(names) }
  if nullable then all[#all + 1] = "null" end
  return all[2] and all or all[1]
end

local field_schema

-- An item of a list or map, which must not be null.
local function item_schema(of, pending) return field_schema(of, pending, false) end

function field_schema(of, pending, nullable)
  if of == "*" then return {} end
  if SCALARS[of] then return { type = types(SCALARS[of], nullable) } end
  local shape, inner = of:match "^([%[{]?)(.+)$"
  if shape == "[" then return { type = types({ "array" }, nullable), items = item_schema(inner, pending) } end
  if shape == "{" then return { type = types({ "object" }, nullable), additionalProperties = item_schema(inner, pending) } end
  return { ["$ref"] = pending:reference(inner) }
end

-- Adds what is known of a field. What stands beside $ref would not count.
local function annotate(described, note)
  if described["$ref"] then described = { allOf = value.list { described } } end
  if type(note) == "string" then note = { note } end
  described.description = note[1]
  if note.one_of then
    described.anyOf = value.list { { enum = value.list { table.unpack(note.one_of) } }, { pattern = VARIABLE }, { type = "null" } }
  end
  described.pattern = note.pattern
  return described
end

local function definition(name, pending)
  local note, fields = notes[name] or {}, kinds.fields(name)
  local properties = {}
  for _, field in ipairs(kinds.names(fields)) do
    properties[field] = field_schema(fields[field], pending, true)
    if note[field] then properties[field] = annotate(properties[field], note[field]) end
  end
  return { description = note.text, type = types({ "object" }, true), properties = properties, additionalProperties = false,
    required = note.required and value.list { table.unpack(note.required) } or nil }
end

local function api_version(kind)
  local known = kinds.known[kind]
  return known.group .. "/" .. known.version
end

-- A document must say what it is, and have a name.
local function document(kind, pending)
  local described = definition(kind, pending)
  described.type = "object"
  described.properties.apiVersion = { const = api_version(kind) }
  described.properties.kind = { const = kind }
  local named = { required = value.list { "name" } }
  described.properties.metadata = { allOf = value.list { { ["$ref"] = pending:reference "meta.v1.ObjectMeta" }, named } }
  described.required = value.list { "apiVersion", "kind", "metadata" }
  return described
end

local function definitions(pending)
  local all, i = {}, 1
  while pending.names[i] do
    local name = pending.names[i]
    all[name] = kinds.known[name] and document(name, pending) or definition(name, pending)
    i = i + 1
  end
  return all
end

-- Documents of the known kinds; what else stands in a file is let through.
local function any_document(pending)
  local cases = value.list {}
  for _, kind in ipairs(value.keys(kinds.known)) do
    local group = "^" .. kinds.known[kind].group:gsub("%.", "\\.") .. "/"
    cases[#cases + 1] = { ["if"] = { type = "object", required = value.list { "apiVersion", "kind" },
      properties = { apiVersion = { type = "string", pattern = group }, kind = { const = kind } } },
      ["then"] = { ["$ref"] = pending:reference(kind) } }
  end
  return cases
end

-- The schemas there are, in order: { name, what it is of }.
function schema.list()
  local list = { { "documents", "a file of documents of any of the kinds below, and of others" }, { "config", "moonstep.yaml" } }
  for _, kind in ipairs(value.keys(kinds.known)) do list[#list + 1] = { kind, api_version(kind) } end
  return list
end

-- of(name as in the list) -> the schema as a table
function schema.of(name)
  local pending = setmetatable({ known = {}, names = {} }, Pending)
  local root = { ["$schema"] = DRAFT, title = name == "config" and "moonstep.yaml" or name == "documents" and "moonstep" or name }
  if name == "documents" then root.allOf = any_document(pending)
  else root.allOf = value.list { { ["$ref"] = pending:reference(name == "config" and "Config" or name) } } end
  root.definitions = definitions(pending)
  return root
end

-- The order in which a schema's keys are written.
schema.keys = { "$schema", "$ref", "title", "description", "const", "type", "if", "then", "allOf", "anyOf", "enum", "pattern", "required",
  "properties", "items", "additionalProperties", "definitions" }

return schema
