-- The module `kube` of scripts: objects of the clusters whose contexts are granted, to be read and not to be changed.
--
--   kube.get { context, apiVersion, kind, namespace, name, keys, plain } -> object, or nil where there is none
--   kube.list { context, apiVersion, kind, namespace, labels, fields, keys, plain } -> objects
--
-- What stands in `data` of a Secret comes decoded, as secrets. With `keys`, only these keys are; others are there, as secrets that hold
-- `***`: what is decoded, messages are searched for, and a Secret may hold words that stand everywhere. `plain` names keys that are no
-- secrets, such as a user's name. Data that is no text is in `binaryData`, as it is in a ConfigMap, but decoded.
local base64 = require "base.base64"
local client = require "kube.client"
local diag = require "base.diag"
local emit = require "engine.emit"
local load = require "engine.load"
local near = require "base.near"
local resources = require "kube.resources"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

local HIDDEN = "***" -- what a secret holds that was not asked for, or was recorded
local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration" -- holds all of the data once more
local PAGE = 500 -- objects that a list is asked for at once
local MOST_OBJECTS = 100000

local function wrong(words, ...) error(secret.mask(("kube: " .. words):format(...)), 0) end

-- --- what a script asks for

local function text_field(wanted, name, must)
  local v = wanted[name]
  if v == nil and not must then return nil end
  if type(v) ~= "string" or v == "" then wrong("%s must be a string%s", name, secret.is(v) and ", not a secret" or "") end
  return v
end

local function check_fields(wanted, known, what)
  if view.type(wanted) ~= "table" then wrong("%s takes a table, not a %s", what, view.type(wanted)) end
  local set = {}
  for _, name in ipairs(known) do set[name] = true end
  for _, name in ipairs(value.keys(wanted)) do
    if not set[name] then
      local meant = near(tostring(name), known)
      wrong("%s takes no %s%s", what, diag.visible(tostring(name)), meant and "; did you mean " .. meant .. "?" or "")
    end
  end
end

-- A list of names as a set, in which they are in order, too; nil where it is absent.
local function name_set(wanted, name)
  local list = wanted[name]
  if list == nil then return nil end
  if view.type(list) ~= "table" then wrong("%s must be a list of keys", name) end
  local set = {}
  for _, key in ipairs(view.shown(list)) do
    if type(key) ~= "string" then wrong("%s must be a list of keys", name) end
    set[key] = true
  end
  return set
end

-- The context that is meant: the one that is named, or the only one that is granted.
local function context_of(wanted, grants)
  local name = text_field(wanted, "context")
  if not name then
    if #grants.contexts ~= 1 then wrong "no context is named: context = … says whose cluster is asked" end
    name = grants.contexts[1]
  end
  if not grants:allows_kube(name) then
    local shown = diag.visible(name)
    error(("context %s is not granted; add it to grants: kube: in moonstep.yaml, or --grant kube=%s"):format(shown, shown), 0)
  end
  return name
end

-- --- secrets

local function is_text(bytes) return utf8.len(bytes) and not bytes:find("\0", 1, true) end

-- A Secret as scripts are given it: see the head of this file.
local function open_secret(object, keys, plain)
  local data, binary = {}, {}
  local annotations = value.get(object, "metadata", "annotations")
  if annotations then annotations[LAST_APPLIED] = nil end
  for key, encoded in pairs(value.get(object, "data") or {}) do
    local wanted = not keys or keys[key] or plain[key]
    local bytes = wanted and type(encoded) == "string" and base64.decode(encoded) or HIDDEN
    local into = is_text(bytes) and data or binary
    into[key] = plain[key] and bytes or secret.of(bytes)
  end
  object.data, object.binaryData = data, next(binary) and binary or nil
  return object
end

-- A Secret as it is recorded, with what is plain.
local function close_secret(object, plain)
  local annotations = value.get(object, "metadata", "annotations")
  if annotations then annotations[LAST_APPLIED] = nil end
  for key in pairs(value.get(object, "data") or {}) do
    if not plain[key] then object.data[key] = base64.encode(HIDDEN) end
  end
end

local function is_secrets(wanted) return wanted.kind == "Secret" and wanted.apiVersion == "v1" end

-- How the answer to a request for Secrets is recorded.
local function recording(plain)
  return { variant = table.concat(value.keys(plain), ","), recorded = function(answer)
    local v = client.decode(answer)
    for _, object in ipairs(value.get(v, "items") or { v }) do close_secret(object, plain) end
    local text, why = emit.new(require "output.order"):json(v)
    if not text then error(why, 0) end
    return text
  end }
end

-- --- what it asks

-- What get and list have in common: the client, and what is wanted as kube.resources takes it, with how Secrets are given.
local function read(wanted, known, what, with)
  check_fields(wanted, known, what)
  local name = context_of(wanted, with.grants)
  local read_in = { apiVersion = text_field(wanted, "apiVersion", true), kind = text_field(wanted, "kind", true),
    namespace = text_field(wanted, "namespace"), keys = name_set(wanted, "keys"), plain = name_set(wanted, "plain") or {} }
  local self = with.client(name)
  if is_secrets(read_in) then read_in.how = recording(read_in.plain) end
  return self, read_in
end

local function get(given, with)
  local self, wanted = read(given, { "apiVersion", "context", "keys", "kind", "name", "namespace", "plain" }, "get", with)
  wanted.name = text_field(given, "name", true)
  local object = self:object(resources.path(self, wanted), wanted.how)
  if object and wanted.how then open_secret(object, wanted.keys, wanted.plain) end
  return view.of(object)
end

local function escaped(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

-- A selector as the API takes it: a text, or name = value for each label.
local function selector(given, name)
  local v = given[name]
  if v == nil or type(v) == "string" then return v end
  if view.type(v) ~= "table" then wrong("%s must be a table of name = value, or a selector as a string", name) end
  local parts = {}
  for label, text in value.pairs(v) do
    if type(text) ~= "string" then wrong("%s.%s must be a string", name, tostring(label)) end
    parts[#parts + 1] = ("%s=%s"):format(label, text)
  end
  return table.concat(parts, ",")
end

local function list_query(given)
  local query = ("?limit=%d"):format(PAGE)
  for name, parameter in value.pairs { fields = "fieldSelector", labels = "labelSelector" } do
    local text = selector(given, name)
    if text and text ~= "" then query = ("%s&%s=%s"):format(query, parameter, escaped(text)) end
  end
  return query
end

local function add_items(objects, page, wanted)
  for _, object in ipairs(type(page.items) == "table" and page.items or {}) do
    object.apiVersion, object.kind = object.apiVersion or wanted.apiVersion, object.kind or wanted.kind
    if wanted.how then open_secret(object, wanted.keys, wanted.plain) end
    objects[#objects + 1] = object
    if #objects > MOST_OBJECTS then wrong("a list has more than %d objects", MOST_OBJECTS) end
  end
end

local function list(given, with)
  local self, wanted = read(given, { "apiVersion", "context", "fields", "keys", "kind", "labels", "namespace", "plain" }, "list", with)
  local path = resources.path(self, wanted) .. list_query(given)
  local objects, token = load.list {}, nil
  repeat
    local page = self:object(token and path .. "&continue=" .. escaped(token) or path, wanted.how)
    if not page then break end
    add_items(objects, page, wanted)
    token = value.get(page, "metadata", "continue")
  until type(token) ~= "string" or token == ""
  return view.of(objects)
end

-- kube{ grants, client = function(name of a context) } -> the module
return function(with)
  return { get = function(wanted) return get(wanted, with) end, list = function(wanted) return list(wanted, with) end }
end
