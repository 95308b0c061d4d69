-- The kinds that moonstep knows, and the types of their fields.
--
-- Types stand in stash.types and kubernetes.types (generated from the API's own description), a line a type: its name, `=`, and
-- `field:type` words. Types of fields: s string, i integer, n number, b boolean, q quantity, x integer or string, * anything;
-- [T a list of T, {T a map of T; any other word names a type.
local host = require "engine.host"

local kinds = {}

-- Kept as text: only what a document names is ever parsed.
local stash, kubernetes = host.text "lua/documents/stash.types", host.text "lua/documents/kubernetes.types"
local config = host.text "lua/documents/config.types"

local STASH = "stash.appscode.com"

-- kind -> where it lives, and whether its objects stand in a namespace
kinds.known = {
  Function = { group = STASH, version = "v1beta1", plural = "functions" },
  Task = { group = STASH, version = "v1beta1", plural = "tasks" },
  BackupConfiguration = { group = STASH, version = "v1beta1", plural = "backupconfigurations", namespaced = true },
  BackupBatch = { group = STASH, version = "v1beta1", plural = "backupbatches", namespaced = true },
  BackupSession = { group = STASH, version = "v1beta1", plural = "backupsessions", namespaced = true },
  RestoreSession = { group = STASH, version = "v1beta1", plural = "restoresessions", namespaced = true },
  RestoreBatch = { group = STASH, version = "v1beta1", plural = "restorebatches", namespaced = true },
  Repository = { group = STASH, version = "v1alpha1", plural = "repositories", namespaced = true },
  BackupBlueprint = { group = STASH, version = "v1beta1", plural = "backupblueprints" },
  AppBinding = { group = "appcatalog.appscode.com", version = "v1alpha1", plural = "appbindings", namespaced = true },
}

local parsed = {}

local line_of
function line_of(name)
  for _, text in ipairs { stash, kubernetes, config } do
    local _, start = text:find("\n" .. name .. " = ", 1, true)
    if start then return text:match("[^\n]*", start + 1) end
  end
  -- a local backend is a volume's source and two fields of its own
  if name == "LocalBackend" then return line_of("core.v1.Volume"):gsub(" name:s", "") .. " mountPath:s subPath:s" end
end

-- A type's fields are looked up in its line when they are asked for: documents use few of the many that there are.
local Fields = {
  __index = function(fields, name)
    local stop = not name:find "[%s:]" and select(2, fields[1]:find(" " .. name .. ":", 1, true))
    local of = stop and fields[1]:match("^%S+", stop + 1) or false
    fields[name] = of
    return of
  end,
}

-- fields(type name) -> a table that maps a field's name to its type, or to false
function kinds.fields(name)
  local fields = parsed[name]
  if not fields then
    fields = setmetatable({ " " .. line_of(name) }, Fields)
    parsed[name] = fields
  end
  return fields
end

-- names(fields) -> the names of all fields, in order
function kinds.names(fields)
  local names = {}
  for name in fields[1]:gmatch " ([^%s:]+):" do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- group_version(apiVersion) -> group, version; the group of "v1" is "".
function kinds.group_version(api_version)
  local group, version = api_version:match("^(.-)/([^/]*)$")
  if group then return group, version end
  return "", api_version
end

-- "functions.stash.appscode.com", as the API server calls what it does not find
function kinds.resource(kind)
  local known = kinds.known[kind]
  return known.plural .. "." .. known.group
end

return kinds
