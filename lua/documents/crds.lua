-- CustomResourceDefinitions (apiextensions.k8s.io/v1) of the kinds, so that a cluster without Stash can hold them.
--
-- Their schemas are structural and made of the same types as documents are checked by, with the words about fields (documents.notes) that
-- `kubectl explain` prints. API servers drop fields that these do not have. What
-- only operators write (status) and what is somebody else's (of an AppBinding) is kept as it is.
--
--   crds.of(kind) -> the object
local kinds = require "documents.kinds"
local notes = require "documents.notes"
local value = require "base.value"

local crds = {}

-- How a kind is called and shown: its short names; what kubectl get prints beside its name and age, as { title, path [, type] }; whether
-- its status is a subresource, which Functions and Tasks have none of.
local SHOWN = {
  Function = { short = { "fn" }, columns = { { "Image", ".spec.image" } } },
  Task = { columns = {} },
  BackupConfiguration = { short = { "bc" }, status = true, columns = { { "Task", ".spec.task.name" }, { "Schedule", ".spec.schedule" },
    { "Paused", ".spec.paused", "boolean" }, { "Phase", ".status.phase" } } },
  BackupBatch = { short = { "bbatch" }, status = true, columns = { { "Schedule", ".spec.schedule" },
    { "Paused", ".spec.paused", "boolean" }, { "Phase", ".status.phase" } } },
  BackupSession = { short = { "bs" }, status = true, columns = { { "Invoker-Type", ".spec.invoker.kind" },
    { "Invoker-Name", ".spec.invoker.name" }, { "Phase", ".status.phase" }, { "Duration", ".status.sessionDuration" } } },
  RestoreSession = { short = { "restore" }, status = true, columns = { { "Repository", ".spec.repository.name" },
    { "Phase", ".status.phase" }, { "Duration", ".status.sessionDuration" } } },
  RestoreBatch = { short = { "rbatch" }, status = true, columns = { { "Repository", ".spec.repository.name" }, { "Phase", ".status.phase" },
    { "Duration", ".status.sessionDuration" } } },
  Repository = { short = { "repo" }, status = true, columns = { { "Integrity", ".status.integrity", "boolean" },
    { "Size", ".status.totalSize" }, { "Snapshot-Count", ".status.snapshotCount", "integer" },
    { "Last-Successful-Backup", ".status.lastBackupTime", "date" } } },
  BackupBlueprint = { short = { "bb" }, columns = { { "Task", ".spec.task.name" }, { "Schedule", ".spec.schedule" } } },
  AppBinding = { columns = { { "Type", ".spec.type" }, { "Version", ".spec.version" } } },
}

local SCALARS = { s = "string", i = "integer", n = "number", b = "boolean" }

local properties_of

-- What a field of a type may hold. Anything needs no type, where all of it is kept.
local function field(of)
  if of == "*" then return { ["x-kubernetes-preserve-unknown-fields"] = true } end
  if of == "q" or of == "x" then return { ["x-kubernetes-int-or-string"] = true } end
  if SCALARS[of] then return { type = SCALARS[of] } end
  local shape, inner = of:match "^([%[{]?)(.+)$"
  if shape == "[" then return { type = "array", items = field(inner) } end
  if shape == "{" then return { type = "object", additionalProperties = field(inner) } end
  return { description = notes[inner] and notes[inner].text, type = "object", properties = properties_of(inner) }
end

function properties_of(name)
  local properties, fields, noted = {}, kinds.fields(name), notes[name] or {}
  for _, each in ipairs(kinds.names(fields)) do
    local described, note = field(fields[each]), noted[each]
    if note then described.description = type(note) == "table" and note[1] or note end
    properties[each] = described
  end
  return properties
end

-- The root says what it is, and API servers see to its metadata.
local function schema_of(kind)
  local properties = properties_of(kind)
  properties.metadata = { type = "object" }
  properties.status = { type = "object", ["x-kubernetes-preserve-unknown-fields"] = true }
  return { description = notes[kind] and notes[kind].text, type = "object", properties = properties }
end

local function columns_of(shown)
  local columns = value.list {}
  for i, each in ipairs(shown.columns) do columns[i] = { name = each[1], jsonPath = each[2], type = each[3] or "string" } end
  columns[#columns + 1] = { name = "Age", jsonPath = ".metadata.creationTimestamp", type = "date" }
  return columns
end

function crds.of(kind)
  local known, shown = kinds.known[kind], SHOWN[kind]
  return {
    apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
    metadata = { name = kinds.resource(kind), labels = { ["app.kubernetes.io/managed-by"] = "moonstep" } },
    spec = {
      group = known.group, scope = known.namespaced and "Namespaced" or "Cluster",
      names = { kind = kind, listKind = kind .. "List", plural = known.plural, singular = kind:lower(),
        shortNames = shown.short and value.list(shown.short) or nil, categories = value.list { "stash" } },
      versions = value.list { { name = known.version, served = true, storage = true, schema = { openAPIV3Schema = schema_of(kind) },
        subresources = shown.status and { status = {} } or nil, additionalPrinterColumns = columns_of(shown) } },
    },
  }
end

return crds
