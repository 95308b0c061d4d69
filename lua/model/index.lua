-- documents --index--> model
--
-- The model finds objects by kind, namespace and name. Each entry is { value, file, kind, namespace, name, findings }; `value` is
-- the decoded table; model.annotated has the objects that name a BackupBlueprint, model.entries has all of them in the order of
-- the documents. Documents of kinds that moonstep does not know are passed over. What no document holds may be in a source beside the
-- files (model.others): { find(kind, namespace, name) -> entry | nil, names(kind) -> list [, why(kind)] }.
local decode = require "documents.decode"
local kinds = require "documents.kinds"
local near = require "base.near"
local place = require "base.place"
local value = require "base.value"

local Model = {}
Model.__index = Model

local function key_of(kind, namespace, name)
  if not kinds.known[kind].namespaced then namespace = "" end
  return kind .. "\0" .. namespace .. "\0" .. name
end

-- find(kind, namespace, name) -> entry | nil. What another source has is kept. A name that is a secret is nobody's.
function Model:find(kind, namespace, name)
  local key = key_of(kind, namespace, name)
  local found = self.by_key[key]
  if found or type(key) ~= "string" then return found end
  for _, other in ipairs(self.others) do
    found = other.find(kind, namespace, name)
    if found then
      self.by_key[key] = found
      return found
    end
  end
end

-- The entries of a kind, in the order of the documents.
function Model:all(kind)
  return self.by_kind[kind] or {}
end

-- What may be behind an object of that kind that is not there, or nil: a name that resembles the given one, or a source that cannot tell.
function Model:meant(kind, name)
  local names = {}
  for _, entry in ipairs(self:all(kind)) do names[#names + 1] = entry.name end
  for _, other in ipairs(self.others) do table.move(other.names(kind), 1, #other.names(kind), #names + 1, names) end
  local meant = near(name, names)
  if meant then return ("did you mean %s?"):format(meant) end
  for _, other in ipairs(self.others) do
    if other.why and other.why(kind) then return other.why(kind) end
  end
end

-- missing(kind, namespace, name) -> the diagnostic about an object that is not there
function Model:missing(kind, namespace, name)
  local full = kinds.known[kind].namespaced and namespace .. "/" .. name or name
  local words = ("%s %s is not among the given files%s (%s \"%s\" not found)"):format(kind, full,
    self.in_cluster and ", nor in the cluster" or "", kinds.resource(kind), name)
  return { rule = "missing-object", message = words, hint = self:meant(kind, name) }
end

-- Adds an entry that no document holds.
function Model:add(entry)
  self.by_key[key_of(entry.kind, entry.namespace, entry.name)] = entry
  self.by_kind[entry.kind] = self.by_kind[entry.kind] or {}
  table.insert(self.by_kind[entry.kind], entry)
  table.insert(self.entries, entry)
end

local function remove(list, item)
  for i, other in ipairs(list) do
    if other == item then return table.remove(list, i) end
  end
end

local function add_entry(model, entry, report)
  local key = key_of(entry.kind, entry.namespace, entry.name)
  local first = model.by_key[key]
  if first then
    report:add { rule = "duplicate-object", severity = "warning", place = place.of(entry.value),
      message = ("%s %s is given again; the last one counts"):format(entry.kind, entry.name),
      related = { place = place.of(first.value), message = "first given here" } }
    remove(model.by_kind[entry.kind], first)
    remove(model.entries, first)
  end
  model:add(entry)
end

-- Why a document is no object, or nil.
local function no_object(v)
  if type(v) ~= "table" or value.is_list(v) then return "a document must be a map, and is " .. value.describe(v) end
  for _, field in ipairs { "apiVersion", "kind" } do
    if type(v[field]) ~= "string" then return ("this document has no %s"):format(field) end
  end
end

-- The known kind of an object, or nil when it is passed over.
local function kind_of(document, report)
  local v = document.value
  local known = kinds.known[v.kind]
  if not known then return nil end
  local group, version = kinds.group_version(v.apiVersion)
  if group ~= known.group then return nil end
  if version == known.version then return v.kind end
  report:add { rule = "unknown-version", severity = "warning", place = place.of(v, "apiVersion"),
    message = ("%s is passed over: only version %s of %s is known"):format(v.kind, known.version, known.group) }
end

-- Objects of any kind that name a BackupBlueprint.
local function note_annotated(model, v, namespace)
  local named = value.get(v, "metadata", "annotations", "stash.appscode.com/backup-blueprint")
  local name = value.get(v, "metadata", "name")
  if type(named) == "string" and type(name) == "string" and named ~= "" then
    table.insert(model.annotated, { value = v, name = name, namespace = value.get(v, "metadata", "namespace") or namespace })
  end
end

local function index_document(model, document, settings, report)
  local v = document.value
  if v == value.null then return end -- an empty document
  local why = no_object(v)
  if why then
    report:add { rule = "no-object", severity = "error", trouble = "document", message = why, place = place.root(document.document) }
    return
  end
  local kind = kind_of(document, report)
  note_annotated(model, v, settings.namespace or "default")
  if not kind then return end
  local function add(d)
    d.trouble = d.trouble and "document"
    report:add(d)
  end
  if not decode.document(document, kind, settings, add) then return end
  local namespace = kinds.known[kind].namespaced and (value.get(v, "metadata", "namespace") or settings.namespace or "default") or ""
  add_entry(model, { value = v, file = document.file, kind = kind, namespace = namespace, name = v.metadata.name,
    findings = document.findings }, report)
end

-- index(documents, { strict, namespace, skip = set of kinds }, report) -> model
return function(documents, settings, report)
  local model = setmetatable({ by_key = {}, by_kind = {}, entries = {}, annotated = {}, others = {} }, Model)
  for _, document in ipairs(documents) do
    if not (settings.skip and type(document.value) == "table" and settings.skip[document.value.kind]) then
      index_document(model, document, settings, report)
    end
  end
  return model
end
