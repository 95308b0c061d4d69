-- The kinds that moonstep knows, and the types of their fields.
--
-- A type is a line of `field:type` words. Types of fields: s string, i integer, n number, b boolean, q quantity, x integer or
-- string, * anything; [T a list of T, {T a map of T; any other word names a type of this table or of Kubernetes'
-- (kubernetes.types, generated from the API's own description).
--
-- Source: Stash's API v1beta1 and v1alpha1 (stash.appscode.com), AppBinding's v1alpha1 (appcatalog.appscode.com).
local host = require "engine.host"

local kinds = {}

-- Kept as text, a line a type: only what a document names is ever parsed.
local kubernetes = host.text "lua/documents/kubernetes.types"

local STASH = "stash.appscode.com"

-- kind -> where it lives, and whether its objects stand in a namespace
kinds.known = {
  Function = { group = STASH, version = "v1beta1", plural = "functions", type = "Function" },
  Task = { group = STASH, version = "v1beta1", plural = "tasks", type = "Task" },
  BackupConfiguration = { group = STASH, version = "v1beta1", plural = "backupconfigurations", type = "BackupConfiguration", namespaced = true },
  BackupSession = { group = STASH, version = "v1beta1", plural = "backupsessions", type = "BackupSession", namespaced = true },
  Repository = { group = STASH, version = "v1alpha1", plural = "repositories", type = "Repository", namespaced = true },
}

local OBJECT = "apiVersion:s kind:s metadata:meta.v1.ObjectMeta status:* "

local types = {
  Function = OBJECT .. "spec:FunctionSpec",
  FunctionSpec = "image:s command:[s args:[s workingDir:s ports:[core.v1.ContainerPort volumeMounts:[core.v1.VolumeMount "
    .. "volumeDevices:[core.v1.VolumeDevice runtimeSettings:ContainerSettings podSecurityPolicyName:s",

  Task = OBJECT .. "spec:TaskSpec",
  TaskSpec = "steps:[Step volumes:[core.v1.Volume",
  Step = "name:s params:[Param",
  Param = "name:s value:s",

  BackupConfiguration = OBJECT .. "spec:BackupConfigurationSpec",
  BackupConfigurationSpec = "schedule:s driver:s repository:ObjectName task:TaskRef target:BackupTarget retentionPolicy:RetentionPolicy "
    .. "runtimeSettings:RuntimeSettings tempDir:TempDir interimVolumeTemplate:PersistentVolumeClaim hooks:BackupHooks paused:b "
    .. "backupHistoryLimit:i timeOut:s retryConfig:RetryConfig",
  ObjectName = "name:s namespace:s",
  TaskRef = "name:s params:[Param",
  TargetRef = "apiVersion:s kind:s name:s namespace:s",
  BackupTarget = "ref:TargetRef alias:s paths:[s exclude:[s args:[s volumeMounts:[core.v1.VolumeMount replicas:i volumeSnapshotClassName:s",
  RetentionPolicy = "name:s keepLast:i keepHourly:i keepDaily:i keepWeekly:i keepMonthly:i keepYearly:i keepTags:[s prune:b dryRun:b",
  TempDir = "medium:s sizeLimit:q disableCaching:b",
  RetryConfig = "maxRetry:i delay:s",
  PersistentVolumeClaim = "metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeClaimSpec status:*",
  BackupHooks = "preBackup:Hook postBackup:Hook",
  Hook = "exec:core.v1.ExecAction httpGet:core.v1.HTTPGetAction httpPost:HTTPPost tcpSocket:core.v1.TCPSocketAction "
    .. "containerName:s executionPolicy:s",
  HTTPPost = "path:s port:x host:s scheme:s httpHeaders:[core.v1.HTTPHeader body:s form:[FormEntry",
  FormEntry = "key:s values:[s",

  RuntimeSettings = "container:ContainerSettings pod:PodSettings",
  ContainerSettings = "resources:core.v1.ResourceRequirements livenessProbe:core.v1.Probe readinessProbe:core.v1.Probe "
    .. "lifecycle:core.v1.Lifecycle securityContext:core.v1.SecurityContext nice:Nice ionice:IONice env:[core.v1.EnvVar "
    .. "envFrom:[core.v1.EnvFromSource",
  Nice = "adjustment:i",
  IONice = "class:i classData:i",
  PodSettings = "podLabels:{s podAnnotations:{s serviceAccountName:s serviceAccountAnnotations:{s nodeSelector:{s "
    .. "automountServiceAccountToken:b nodeName:s securityContext:core.v1.PodSecurityContext imagePullSecrets:[core.v1.LocalObjectReference "
    .. "affinity:core.v1.Affinity schedulerName:s tolerations:[core.v1.Toleration priorityClassName:s priority:i "
    .. "readinessGates:[core.v1.PodReadinessGate runtimeClassName:s enableServiceLinks:b "
    .. "topologySpreadConstraints:[core.v1.TopologySpreadConstraint",

  BackupSession = OBJECT .. "spec:BackupSessionSpec",
  BackupSessionSpec = "invoker:Invoker retryLeft:i",
  Invoker = "apiGroup:s kind:s name:s",

  Repository = OBJECT .. "spec:RepositorySpec",
  RepositorySpec = "backend:Backend wipeOut:b usagePolicy:UsagePolicy",
  Backend = "storageSecretName:s local:LocalBackend s3:S3Backend gcs:GCSBackend azure:AzureBackend swift:SwiftBackend b2:B2Backend rest:RestBackend",
  S3Backend = "endpoint:s bucket:s prefix:s region:s insecureTLS:b",
  GCSBackend = "bucket:s prefix:s maxConnections:i",
  AzureBackend = "container:s prefix:s maxConnections:i",
  SwiftBackend = "container:s prefix:s",
  B2Backend = "bucket:s prefix:s maxConnections:i",
  RestBackend = "url:s",
  UsagePolicy = "allowedNamespaces:AllowedNamespaces",
  AllowedNamespaces = "from:s selector:meta.v1.LabelSelector",
}

local parsed = {}

local function line_of(name)
  if types[name] then return types[name] end
  local _, start = kubernetes:find("\n" .. name .. " = ", 1, true)
  return kubernetes:match("[^\n]*", start + 1)
end

-- A local backend is a volume's source and two fields of its own.
types.LocalBackend = line_of("core.v1.Volume"):gsub(" name:s", "") .. " mountPath:s subPath:s"

-- fields(type name) -> field name -> type
function kinds.fields(name)
  local fields = parsed[name]
  if fields then return fields end
  fields = {}
  for field, of in line_of(name):gmatch("(%S-):(%S+)") do fields[field] = of end
  parsed[name] = fields
  return fields
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
