-- The types of the API's objects, and walks through objects by them.
--
-- In types.lua, types of fields are: s string, i integer of 32 bits, l integer of 64 bits, n number, b boolean, q quantity, x integer or
-- string, t date and time, y bytes in base64, * anything; [T a list of T, {T a map of T; any other word names a type.
local read  = include "read.lua"
local types = include "types.lua"

local schema = {}

-- Where objects that the types know begin: kind -> API version, type.
local KINDS = {
  Job = { "batch/v1", "Job" }, CronJob = { "batch/v1", "CronJob" }, Pod = { "v1", "Pod" },
  PersistentVolumeClaim = { "v1", "PersistentVolumeClaim" }, Secret = { "v1", "Secret" }, ConfigMap = { "v1", "ConfigMap" },
  ServiceAccount = { "v1", "ServiceAccount" }, Namespace = { "v1", "Namespace" }, Event = { "v1", "Event" },
  Role = { "rbac.authorization.k8s.io/v1", "Role" }, RoleBinding = { "rbac.authorization.k8s.io/v1", "RoleBinding" },
}

-- Kinds of which only the metadata and the Pod template are known: kind -> API version, path of the template.
local WORKLOADS = {
  Deployment = { "apps/v1", "spec" }, StatefulSet = { "apps/v1", "spec" }, DaemonSet = { "apps/v1", "spec" },
  ReplicaSet = { "apps/v1", "spec" }, ReplicationController = { "v1", "spec" }, PodTemplate = { "v1" },
}

schema.kinds = {}
for kind in pairs(KINDS) do schema.kinds[#schema.kinds + 1] = kind end
for kind in pairs(WORKLOADS) do schema.kinds[#schema.kinds + 1] = kind end

-- The API version that the kind is served under.
function schema.version(kind) return (KINDS[kind] or WORKLOADS[kind])[1] end

local decoded = {}

-- One field's type: { scalar = letter } or { list = type }, { map = type }, { struct = name }.
local function type_of(word)
  local first, inner = word:sub(1, 1), word:sub(2)
  if first == "[" then return { list = type_of(inner) } end
  if first == "{" then return { map = type_of(inner) } end
  if #word == 1 then return { scalar = word } end
  return { struct = word }
end

-- The type of that name: { name, fields = { name -> type }, names = list, required = list }. Types are decoded when they are asked for.
function schema.type(name)
  local found = decoded[name]
  if found then return found end
  local _, start = types:find("\n" .. name .. " =", 1, true)
  local text = types:sub(start + 1, (types:find("\n%S", start) or #types + 1) - 1)
  found = { name = name, fields = {}, names = {}, required = {} }
  for field, required, word in text:gmatch "(%w+)(!?):(%S+)" do
    found.fields[field] = type_of(word)
    found.names[#found.names + 1] = field
    if required ~= "" then found.required[#found.required + 1] = field end
  end
  decoded[name] = found
  return found
end

local function walk(part, type_name, visit)
  if k8s.is_list(part) then return end
  local of = schema.type(type_name)
  visit(part, of)
  for key in read.keys(part) do
    local field = of.fields[key]
    local struct = field and (field.struct or field.list and field.list.struct)
    if struct and field.list then
      for _, item in read.items(part, key) do walk(item, struct, visit) end
    elseif struct then
      local value = read.table(part, key)
      if value then walk(value, struct, visit) end
    end
  end
end

-- walk(object, visit): calls visit(part, type) for the object and each map in it that has a type.
function schema.walk(object, visit)
  local kind = read.string(object, "kind")
  local known, workload = KINDS[kind], WORKLOADS[kind]
  if known then return walk(object, known[2], visit) end
  if not workload then return end
  local metadata = read.table(object, "metadata")
  if metadata then walk(metadata, "ObjectMeta", visit) end
  local above = object
  if workload[2] then above = read.table(object, workload[2]) end
  local template = above and read.table(above, "template")
  if template then walk(template, "PodTemplateSpec", visit) end
end

return schema
