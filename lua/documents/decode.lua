-- A document against the type of its kind: what is wrong with its shape, before anything is made of it.
--
-- As an API server reads an object into a typed struct: fields that the type does not have are dropped (with a warning,
-- or an error when strict), null counts as absent, a value of another type is an error. The document's own tables are
-- changed accordingly, so that what comes after sees typed objects only.
local kinds = require "documents.kinds"
local near = require "base.near"
local place = require "base.place"
local value = require "base.value"

local null = value.null

-- What a scalar type takes, and how it is called.
local scalars = {
  s = { "a string", function(v) return type(v) == "string" end },
  i = { "an integer", function(v) return math.type(v) == "integer" end },
  n = { "a number", function(v) return type(v) == "number" end },
  b = { "a boolean", function(v) return type(v) == "boolean" end },
  q = { "a quantity such as 500m or 1Gi", function(v) return type(v) == "string" or type(v) == "number" end },
  x = { "an integer or a string", function(v) return type(v) == "string" or math.type(v) == "integer" end },
}

local Decoder = {}
Decoder.__index = Decoder

local function path_of(path, key)
  if math.type(key) == "integer" then return ("%s[%d]"):format(path, key - 1) end
  return path == "" and key or path .. "." .. key
end

function Decoder:report(d)
  d.object = self.object
  if d.severity == "error" then self.broken = true end
  table.insert(self.found, d)
end

local function by_place(a, b)
  if a.place.line ~= b.place.line then return a.place.line < b.place.line end
  return a.place.column < b.place.column
end

function Decoder:wrong_type(t, key, path, wanted)
  local v = t[key]
  local hint
  if wanted == "a string" and (type(v) == "boolean" or type(v) == "number") then hint = "write it in quotes to make it a string" end
  self:report { rule = "wrong-type", severity = "error", trouble = true, place = place.of(t, key), hint = hint,
    message = ("%s must be %s, and is %s"):format(path_of(path, key), wanted, value.describe(v)) }
end

function Decoder:unknown_field(t, key, path, fields)
  local names = kinds.names(fields)
  local meant = near(key, names)
  self:report { rule = "unknown-field", severity = self.strict and "error" or "warning", place = place.of(t, key, "key"),
    message = ("%s is no field of %s%s"):format(path_of(path, key), self.object.kind, self.strict and "" or " and is ignored"),
    hint = meant and ("did you mean %s?"):format(meant) }
  t[key] = nil
end

-- Checks t[key] against a type as documents.kinds writes it.
function Decoder:field(t, key, path, of)
  local scalar, v = scalars[of], t[key]
  if scalar then
    if not scalar[2](v) then self:wrong_type(t, key, path, scalar[1]) end
    return
  end
  if of == "*" then return end
  local shape, inner = of:match("^([%[{]?)(.+)$")
  local list = shape == "["
  if type(v) ~= "table" or (value.is_list(v) ~= list and (next(v) ~= nil or list)) then
    return self:wrong_type(t, key, path, list and "a list" or "a map")
  end
  if list then self:list(v, path_of(path, key), inner)
  elseif shape == "{" then self:map(v, path_of(path, key), inner)
  else self:object_fields(v, path_of(path, key), kinds.fields(inner)) end
end

-- What null becomes as an item, where it cannot be absent: the zero value of the type.
function Decoder:null_item(t, key, path, inner)
  self:report { rule = "null-item", severity = "warning", place = place.of(t, key),
    message = ("%s is null and is read as an empty value"):format(path_of(path, key)) }
  if inner == "s" or inner == "q" or inner == "x" then t[key] = ""
  elseif inner == "i" or inner == "n" then t[key] = 0
  elseif inner == "b" then t[key] = false
  else t[key] = inner:sub(1, 1) == "[" and value.list {} or {} end
end

function Decoder:list(t, path, inner)
  for i = 1, #t do
    if t[i] == null then self:null_item(t, i, path, inner) end
    self:field(t, i, path, inner)
  end
end

function Decoder:map(t, path, inner)
  for _, key in ipairs(value.keys(t)) do
    if t[key] == null then self:null_item(t, key, path, inner) end
    self:field(t, key, path, inner)
  end
end

function Decoder:object_fields(t, path, fields)
  for _, key in ipairs(value.keys(t)) do
    if not fields[key] then self:unknown_field(t, key, path, fields)
    elseif t[key] == null then t[key] = nil
    else self:field(t, key, path, fields[key]) end
  end
end

local decode = {}

-- Reports what was found, in the order of the places. Returns true when the value can be used.
local function finish(self, add)
  table.sort(self.found, by_place)
  local usable = true
  for _, d in ipairs(self.found) do
    usable = usable and not d.trouble
    add(d)
  end
  return usable
end

-- document(document, kind, { strict }, add) -> true when it can be used. `add` takes the diagnostics; document.findings is set
-- when there was one of severity error.
function decode.document(document, kind, settings, add)
  local t = document.value
  local object = { kind = t.kind, namespace = value.get(t, "metadata", "namespace"), name = value.get(t, "metadata", "name") }
  local self = setmetatable({ strict = settings.strict, object = object, found = {} }, Decoder)
  self:object_fields(t, "", kinds.fields(kind))
  local name = value.get(t, "metadata", "name")
  if type(name) ~= "string" or name == "" then
    self:report { rule = "missing-name", severity = "error", trouble = true, place = place.of(t),
      message = ("this %s has no metadata.name"):format(t.kind) }
  end
  local usable = finish(self, add)
  document.findings = self.broken
  return usable
end

-- value({ table, key, path, type, kind }, add) -> true when the value of the key, which nothing has checked yet, is of that
-- type.
function decode.value(at, add)
  local self = setmetatable({ object = { kind = at.kind }, found = {} }, Decoder)
  self:field(at.table, at.key, at.path:match "^(.*)%.[^.]*$" or "", at.type)
  return finish(self, add)
end

-- object(table, type, title, add) -> true when the table, which is no object of Kubernetes, is of that type; unknown fields are errors.
function decode.object(t, type_name, title, add)
  local self = setmetatable({ strict = true, object = { kind = title }, found = {} }, Decoder)
  self:object_fields(t, "", kinds.fields(type_name))
  return finish(self, add)
end

return decode
