-- The provider `kubernetes`: variables from objects of a cluster, switched on in moonstep.yaml:
--
--   providers:
--     kubernetes:
--       context: prod             of the kubeconfig; in a Pod, in-cluster is its service account
--       namespace: databases      where the objects are (default: the target's)
--       variables:
--         DB_PASSWORD: {kind: Secret, name: "{TARGET_NAME}-auth", key: password}
--         DB_USER: {kind: Secret, name: "{TARGET_NAME}-auth", key: username, secret: false}
--         DB_CA: {kind: ConfigMap, name: authorities, namespace: kube-public, key: ca.crt}
--         DB_HOST: {kind: AppBinding, name: "{TARGET_NAME}", pointer: /spec/clientConfig/service/name}
--         DB_SIZE: {kind: Postgres, apiVersion: kubedb.com/v1, name: "{TARGET_NAME}", pointer: /spec/replicas, optional: true}
--
-- `key` is one of data of a Secret or ConfigMap, `pointer` a JSON pointer (RFC 6901) into any object. {NAME} in a name or namespace stands
-- for the value of a variable that is not this provider's. What comes from a Secret is secret unless `secret: false` says that it is not;
-- `secret: true` makes anything secret. `base64: true` encodes the value, for `data` of a Secret, and is the way for bytes that are no
-- text. What is not there is an error; with `optional: true` the next provider is asked. Only Secret, ConfigMap and AppBinding can do
-- without apiVersion.
--
-- An object is got once, however many variables it has.

local pointer = include "pointer.lua"
local template = include "template.lua"
local text = include "text.lua"

local VERSIONS = { Secret = "v1", ConfigMap = "v1", AppBinding = "appcatalog.appscode.com/v1alpha1" }

local variables = settings.variables or {}

-- --- the settings

local function wrong(name, words, ...) error(("provider kubernetes: variables.%s " .. words):format(name, ...), 0) end

local function check(name, v)
  if not v.kind or not v.name then wrong(name, "needs kind and name of an object") end
  if not (v.apiVersion or VERSIONS[v.kind]) then wrong(name, "needs the apiVersion of %s", v.kind) end
  if (v.key == nil) == (v.pointer == nil) then wrong(name, "needs either key or pointer") end
  if v.key and v.kind ~= "Secret" and v.kind ~= "ConfigMap" then
    wrong(name, "has a key, which is for Secret and ConfigMap; pointer: /spec/… is for others")
  end
  local why = v.pointer and pointer.why(v.pointer)
  if why then wrong(name, "has a pointer that is none, %s: %s", v.pointer, why) end
  if v.pointer and v.kind == "Secret" then wrong(name, "is of a Secret, and needs a key rather than a pointer") end
end

if not settings.context then error("the provider kubernetes needs to know which cluster: context: NAME", 0) end

-- Names of objects and namespaces of each variable, with {NAME} in them.
local names, parts = {}, {}
for name, v in pairs(variables) do
  check(name, v)
  names[#names + 1] = name
  local setting = ("provider kubernetes: variables.%s"):format(name)
  local namespace = v.namespace or settings.namespace
  parts[name] = { name = template.parse(v.name, setting, variables) }
  parts[name].namespace = namespace and template.parse(namespace, setting, variables)
end

local function version_of(v) return v.apiVersion or VERSIONS[v.kind] end

-- --- objects

-- The keys of a Secret that any variable wants, and those that are no secrets. Two that differ in that for one key make it no secret.
local function wanted_keys(like)
  local keys, plain = {}, {}
  for _, v in pairs(variables) do
    if v.kind == "Secret" and v.name == like.name and v.namespace == like.namespace and version_of(v) == version_of(like) then
      keys[#keys + 1] = v.key
      if v.secret == false then plain[#plain + 1] = v.key end
    end
  end
  return keys, plain
end

local function words_of(v, namespace, name) return ("%s %s/%s of context %s"):format(v.kind, namespace, name, settings.context) end

-- The object of a variable, and what it is in words.
local function object_of(v, variable, ctx)
  local part = parts[variable]
  local namespace = ctx.namespace
  if part.namespace then namespace = template.fill(part.namespace, ctx) end
  if not namespace then wrong(variable, "needs a namespace: the target has none") end
  local name = template.fill(part.name, ctx)
  local wanted = { context = settings.context, apiVersion = version_of(v), kind = v.kind, namespace = namespace, name = name }
  if v.kind == "Secret" then wanted.keys, wanted.plain = wanted_keys(v) end
  return kube.get(wanted), words_of(v, namespace, name)
end

-- --- values in them

-- The value under a key of a Secret or ConfigMap, and whether it is text; nil where there is no such key.
local function under_key(object, v)
  local data, binary = object.data or {}, object.binaryData or {}
  if data[v.key] ~= nil then return data[v.key], true end
  local bytes = binary[v.key]
  if bytes == nil or v.kind == "Secret" then return bytes, false end
  bytes = base64.decode(bytes)
  return bytes, utf8.len(bytes) and not bytes:find("\0", 1, true)
end

local function no_key(object, v, words)
  local keys = k8s.keys(object.data or {})
  for _, key in ipairs(k8s.keys(object.binaryData or {})) do keys[#keys + 1] = key end
  error(("%s has no key %s; it has %s"):format(words, v.key, #keys == 0 and "none" or table.concat(keys, ", ")), 0)
end

-- The value of an object as text or as a secret; nil where it is not there and need not be.
local function value_of(object, v, words)
  if v.pointer then
    local found = pointer.find(object, v.pointer)
    if found ~= nil then return text.of_json(found, ("%s, %s"):format(words, v.pointer)) end
    return not v.optional and error(("%s has nothing at %s"):format(words, v.pointer), 0) or nil
  end
  local found, is_text = under_key(object, v)
  if found == nil then return not v.optional and no_key(object, v, words) or nil end
  if not is_text and not v.base64 then
    error(("%s has bytes under %s that are no text; base64: true gives them encoded"):format(words, v.key), 0)
  end
  return found
end

provider "kubernetes" {
  summary = "variables from objects of a cluster",
  variables = names,
  resolve = function(name, ctx)
    local v = variables[name]
    local object, words = object_of(v, name, ctx)
    if not object and v.optional then return nil end
    if not object then error(("there is no %s"):format(words), 0) end
    local found = value_of(object, v, words)
    if found ~= nil and v.base64 then found = base64.encode(found) end
    return v.secret and secret(found) or found
  end,
}
