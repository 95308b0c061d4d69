-- Names, labels and service account of what is made, by the model's rules. Lengths are bytes.
local value = require "base.value"

local names = {}

local LONGEST = 63 -- a label's value and a Pod's host name (RFC 1123)

local function strip(name) return (name:gsub("^%-+", ""):gsub("%-+$", "")) end

-- Prefix, name and suffix joined by "-"; when that is too long, its first 32 and last 31 bytes. Different names can become one.
function names.with_suffix(prefix, name, suffix)
  local whole = table.concat({ prefix, name, suffix }, "-")
  if #whole > LONGEST then whole = whole:sub(1, 32) .. whole:sub(-31) end
  return strip(whole)
end

-- FNV-1a, 32 bits, in hexadecimal digits
local function hash(text)
  local h = 0x811c9dc5
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x01000193 & 0xffffffff end
  return ("%08x"):format(h)
end

-- "name-suffix", or the name alone. When that is too long, the name is cut and a hash of the whole stands behind it, so that different
-- names stay different; the suffix is always kept.
function names.fit(name, suffix)
  local ending = suffix and "-" .. suffix or ""
  if #name + #ending > LONGEST then
    ending = "-" .. hash(name .. ending) .. ending
    name = strip(name:sub(1, LONGEST - #ending))
  end
  return strip(name .. ending)
end

-- A name of one's own, cut at the end.
function names.cut(name) return strip(name:sub(1, LONGEST)) end

function names.without_dots(name) return (name:gsub("%.", "-")) end

-- Labels of the Job and its Pods: the invoker's, `more` over these, and those that say whose it is.
function names.labels(resolver, more)
  local target = resolver.target
  local all = value.copy(target.invoker and value.get(target.invoker.value, "metadata", "labels") or {})
  for label, v in pairs(more or {}) do all[label] = v end
  for label, v in pairs(resolver.managed or {}) do all[label] = v end
  all["app.kubernetes.io/component"] = "stash-" .. target.direction
  all["app.kubernetes.io/managed-by"] = "stash.appscode.com"
  return all
end

-- The session as the owner of what is made, in a list.
function names.owners(session)
  return { { apiVersion = session.value.apiVersion, kind = session.kind, name = session.name, controller = true,
    blockOwnerDeletion = true, uid = value.get(session.value, "metadata", "uid") or "" } }
end

-- The service account: the invoker's, the operator's, or the one that Stash makes for the invoker; nil when a Task is rendered
-- alone.
function names.service_account(resolver)
  local target = resolver.target
  local given = value.get(target.spec, "runtimeSettings", "pod", "serviceAccountName")
  local fixed = resolver.options.option.serviceAccountName
  if not value.is_empty(given) then return given end
  if fixed ~= "" then return fixed end
  if not target.invoker then return nil end
  return names.with_suffix(target.invoker.kind:lower(), target.invoker.name, tostring(target.index))
end

return names
