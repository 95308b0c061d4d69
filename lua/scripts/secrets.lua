-- Secrets in what was rendered: they stand in data and stringData of a Secret, and nowhere else.
--
-- Text that a secret was put into is a secret itself (engine.secret), so what is tainted is known exactly, whatever a template did with
-- it. A secret elsewhere is a finding of the built-in rule `secret-in-object`, and its object is not printed, not even with --emit-all.
-- Who waives that finding wants the secret there.
local path = require "base.path"
local place = require "base.place"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

local secrets = {}

local RULE = "secret-in-object"
local HINT = "put it into stringData of a Secret, and refer to that with valueFrom.secretKeyRef"

-- What rules see in the place of a secret, and what stands there where an object is shown: in data, base64 of "secret".
local SHOWN, SHOWN_IN_DATA = "***", "c2VjcmV0"

-- Whether the keys lead to where a Secret keeps its secrets.
local function is_kept(object, keys)
  return object.kind == "Secret" and object.apiVersion == "v1" and #keys == 2 and (keys[1] == "data" or keys[1] == "stringData")
end

local function walk(t, keys, visit)
  for _, key in ipairs(value.keys(t)) do
    local v = view.shown(t[key])
    keys[#keys + 1] = key
    if type(v) == "table" then walk(v, keys, visit)
    elseif secret.is(v) then visit(t, key, v, keys) end
    keys[#keys] = nil
  end
end

-- A copy that looks as the object does, but for its secrets, and whose fields know the places of the original's.
local function copy_of(original, in_data)
  local copy = value.is_list(original) and value.list {} or {}
  place.from(copy, false, original)
  for _, key in ipairs(value.keys(original)) do
    local v = view.shown(original[key])
    if type(v) == "table" then copy[key] = copy_of(v, in_data or key == "data")
    elseif secret.is(v) then copy[key] = in_data and SHOWN_IN_DATA or SHOWN
    else copy[key] = v end
    place.from(copy, key, original, key)
  end
  return copy
end

-- masked(object) -> a copy with stand-ins for the secrets
function secrets.masked(object) return copy_of(object, false) end

local function finding_of(object, at, named)
  local whose = at.label or "a secret of a script"
  return { rule = RULE, severity = "error", object = named, path = path.text(at.keys), place = at.place, hint = HINT,
    within = ("%s %s%s"):format(named.kind, named.namespace and named.namespace .. "/" or "", named.name),
    message = ("%s is secret and must not stand in a %s"):format(whose, object.kind == "Secret" and "Secret but in data and stringData"
      or object.kind), table = object, keys = at.keys }
end

-- check(object, origin, findings) -> true when all secrets of the object stand where they may, or findings about the others are waived.
-- `origin` is a function that finds places of fields which have none (templates.provenance).
function secrets.check(object, origin, findings)
  local named = { kind = object.kind, namespace = object.metadata.namespace, name = object.metadata.name }
  local kept = true
  walk(object, {}, function(t, key, v, keys)
    if is_kept(object, keys) then return end
    local own = table.move(keys, 1, #keys, 1, {})
    local finding = finding_of(object, { keys = own, label = secret.label(v), place = place.of(t, key) or origin(object, own) }, named)
    findings:add(finding)
    kept = kept and finding.waived ~= nil
  end)
  return kept
end

return secrets
