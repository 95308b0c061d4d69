-- Rules about the shape of objects: their API version, fields, the fields' types, and fields that must be there.
local near   = include "near.lua"
local read   = include "read.lua"
local schema = include "schema.lua"

local API = "https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/"

-- Versions that servers of today no longer have.
local GONE = { ["batch/v1beta1"] = "1.25", ["batch/v2alpha1"] = "1.21", ["extensions/v1beta1"] = "1.16", ["apps/v1beta1"] = "1.16",
  ["apps/v1beta2"] = "1.16", ["rbac.authorization.k8s.io/v1beta1"] = "1.22", ["rbac.authorization.k8s.io/v1alpha1"] = "1.22" }

rule "kubernetes/api-version" {
  summary = "an object's API version is the one that its kind is served under",
  help    = "A server answers that it has no such kind in that version. Write the version that the message names.",
  source  = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
  kinds   = schema.kinds,
  check   = function(object, report)
    local version, given = schema.version(object.kind), object.apiVersion
    if given == version then return end
    if given == nil or given == "" then return report(object, "apiVersion", "apiVersion is missing", { fix = version }) end
    local gone = GONE[given]
    report(object, "apiVersion", ("%s is served as %s%s"):format(object.kind, version, gone and ", and no longer as this since " .. gone
      or ""),
      { fix = version })
  end,
}

-- Fields that were renamed, or that are looked for in the wrong place: type -> field -> hint.
local ELSEWHERE = {
  PodSpec = { template = "the Pod's spec is inside the template", backoffLimit = "it belongs into the Job's spec",
    ttlSecondsAfterFinished = "it belongs into the Job's spec", privileged = "it belongs into a container's securityContext",
    capabilities = "it belongs into a container's securityContext", resources = nil, image = "it belongs into a container" },
  PodSecurityContext = { privileged = "it belongs into a container's securityContext",
    capabilities = "it belongs into a container's securityContext",
    allowPrivilegeEscalation = "it belongs into a container's securityContext",
    readOnlyRootFilesystem = "it belongs into a container's securityContext" },
  SecurityContext = { fsGroup = "it belongs into the Pod's securityContext",
    supplementalGroups = "it belongs into the Pod's securityContext",
    sysctls = "it belongs into the Pod's securityContext" },
  JobSpec = { restartPolicy = "it belongs into the Pod template's spec", containers = "it belongs into the Pod template's spec" },
  CronJobSpec = { template = "it belongs into jobTemplate.spec", backoffLimit = "it belongs into jobTemplate.spec",
    ttlSecondsAfterFinished = "it belongs into jobTemplate.spec" },
  JobTemplateSpec = { template = "it belongs into the spec beside it" },
}

rule "kubernetes/unknown-field" {
  summary = "every field is one that the API knows",
  help    = "A server drops fields that it does not know, silently or with a warning: what they ask for never happens. Mind the spelling, "
    .. "capital letters included, and the level at which the field stands.",
  source  = API,
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      for key in read.keys(part) do
        if type(key) == "string" and not of.fields[key] then
          local meant = near(key, of.names)
          local hint = ELSEWHERE[of.name] and ELSEWHERE[of.name][key] or meant and ("did you mean %s?"):format(meant)
          report(part, { key }, ("%s is no field of %s, and is dropped"):format(key, of.name), { hint = hint, on = "key" })
        end
      end
    end)
  end,
}

-- --- types

local function whole(v, least, most)
  if type(v) ~= "number" then return "an integer" end
  if math.type(v) ~= "integer" then return "a whole number" end
  if v < least or v > most then return ("between %d and %d"):format(least, most) end
end

local function is_time(s) return s:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$"
  or s:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*[+-]%d%d:%d%d$" end

local function is_base64(s)
  s = s:gsub("[\r\n]", "")
  local text, padding = s:match "^([%w+/]*)(=*)$"
  return text ~= nil and #s % 4 == 0 and #padding <= 2
end

-- Scalars that are of the right type whenever Lua has them as one: that type, and what the value must be.
local PLAIN = { s = { "string", "a string" }, n = { "number", "a number" }, b = { "boolean", "true or false" } }

-- Questions about the others: what the value must be, or nil when it is. null counts as absent.
local SCALARS = {
  i = function(v) if v ~= nil then return whole(v, -(1 << 31), (1 << 31) - 1) end end,
  l = function(v) if v ~= nil then return whole(v, math.mininteger, math.maxinteger) end end,
  q = function(v) if v ~= nil and type(v) ~= "string" and type(v) ~= "number" then return "a quantity, such as 500m or 1Gi" end end,
  x = function(v) if v ~= nil and type(v) ~= "string" then return whole(v, -(1 << 31), (1 << 31) - 1) and "a string or an integer" end end,
  t = function(v) if v ~= nil and not (type(v) == "string" and is_time(v)) then return "a time such as 2027-01-31T12:00:00Z" end end,
  y = function(v) if v ~= nil and not (type(v) == "string" and is_base64(v)) then return "text in base64" end end,
}

local check_type

-- A null among objects is an object without any field: wrong where it must have some.
local function check_items(list, of, report)
  for i = 1, #schema.type(of.struct).required > 0 and #list or 0 do
    if ask(list, i, type) == "nil" then report(list, { i }, ("item %d is null, not a map"):format(i - 1)) end
  end
end

local function check_inside(part, key, value, field, report)
  local wanted, is = field.list and "list" or "map", k8s.is_list(value) and "list" or "map"
  if is ~= wanted then report(part, { key }, ("%s must be a %s, and is a %s"):format(key, wanted, is))
  elseif not field.struct then
    if field.list and field.list.struct then check_items(value, field.list, report) end
    for below in read.keys(value) do check_type(value, below, field.list or field.map, report) end
  end
end

-- Reports part[key] when it is not of the field's type. Only the kind of the value is looked at.
function check_type(part, key, field, report)
  if field.scalar == "*" then return end
  local called = math.type(key) and ("item %d"):format(key - 1) or key
  if field.scalar then
    local is, plain = ask(part, key, type), PLAIN[field.scalar]
    local wanted
    if plain then wanted = is ~= plain[1] and is ~= "nil" and plain[2]
    else wanted = ask(part, key, SCALARS[field.scalar]) end
    if not wanted then return end
    local quotes = wanted == "a string" and (is == "number" or is == "boolean")
    report(part, { key }, ("%s must be %s"):format(called, wanted), { hint = quotes and "write it in quotes to make it a string" or nil })
    return
  end
  local is = ask(part, key, type)
  if is == "nil" then return end
  if is == "string" or is == "number" or is == "boolean" then
    report(part, { key }, ("%s must be a %s, and is a %s"):format(called, field.list and "list" or "map", is))
  else check_inside(part, key, part[key], field, report) end
end

rule "kubernetes/type" {
  summary = "every field has a value of its type",
  help    = "A server refuses an object with a value of another type. In YAML, yes, no, on, off, numbers and 1e3 need quotes to be "
    .. "strings.",
  source  = API,
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      for key in read.keys(part) do
        local field = of.fields[key]
        if field then check_type(part, key, field, report) end
      end
    end)
  end,
}

-- --- required fields

-- What servers fill in, or take as it is, though the API's description asks for it; and what they ask for in truth.
local LENIENT = { HTTPHeader = { value = true }, GRPCAction = { service = true }, Role = { rules = true }, RoleRef = { apiGroup = true },
  ISCSIVolumeSource = { lun = true }, PodFailurePolicyOnPodConditionsPattern = { status = true },
    TypedLocalObjectReference = { apiGroup = true },
  TypedObjectReference = { apiGroup = true }, Sysctl = { value = true }, ProjectedVolumeSource = { sources = true },
  PodFailurePolicy = { rules = true }, PreferredSchedulingTerm = { preference = true }, ScaleIOVolumeSource = { secretRef = true } }
local TRUE = {
  Job = { "spec" }, CronJob = { "spec" }, Pod = { "spec" }, PodTemplateSpec = { "spec" }, JobTemplateSpec = { "spec" },
  Container = { "image" }, EphemeralContainer = { "image" }, ExecAction = { "command" }, ConfigMapKeySelector = { "name" },
  SecretKeySelector = { "name" }, ConfigMapEnvSource = { "name" }, SecretEnvSource = { "name" }, SecretVolumeSource = { "secretName" },
  ConfigMapVolumeSource = { "name" }, SecretProjection = { "name" }, ConfigMapProjection = { "name" },
  EphemeralVolumeSource = { "volumeClaimTemplate" }, PodDNSConfigOption = { "name" }, NodeSelector = { "nodeSelectorTerms" },
  PersistentVolumeClaim = { "spec" }, ScaleIOVolumeSource = { "volumeName" }, ContainerRestartRule = { "action" },
}
-- Objects whose status a server writes itself: what it lacks does not matter.
local STATUS = { Event = true }

rule "kubernetes/required" {
  summary = "no field that a server asks for is missing or empty",
  help    = "A server refuses the object. An empty string or list counts as missing.",
  source  = API,
  kinds   = schema.kinds,
  check   = function(object, report)
    local status = read.table(object, "status")
    schema.walk(object, function(part, of)
      if part == status or of.name:find "Status$" or of.name:find "Condition$" or of.name:find "^ContainerState"
        or STATUS[of.name] then return end
      local lenient = LENIENT[of.name]
      local function check(field)
        if read.is_empty(part, field) then report(part, field, ("%s is missing"):format(field)) end
      end
      for _, field in ipairs(of.required) do
        if not (lenient and lenient[field]) then check(field) end
      end
      for _, field in ipairs(TRUE[of.name] or {}) do check(field) end
    end)
  end,
}
