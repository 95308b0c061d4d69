-- Rules about single values, a table row a field: words to choose from, ranges of integers, how names and paths are written.
local near   = include "near.lua"
local read   = include "read.lua"
local schema = include "schema.lua"
local syntax = include "syntax.lua"

local API = "https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/"

-- Copies a type's row to another type.
local function same(rows, name, as)
  for field, row in pairs(rows[as]) do
    if rows[name][field] == nil then rows[name][field] = row end
  end
end

-- --- words

-- Type -> field -> the words to choose from. Where a server fills in a default, "" stands for it, unless there is a "!" in front.
local WORDS = {
  JobSpec = { completionMode = "!NonIndexed Indexed", podReplacementPolicy = "!TerminatingOrFailed Failed" },
  CronJobSpec = { concurrencyPolicy = "Allow Forbid Replace" },
  PodFailurePolicyRule = { action = "FailJob FailIndex Ignore Count" },
  PodFailurePolicyOnExitCodesRequirement = { operator = "In NotIn" },
  PodFailurePolicyOnPodConditionsPattern = { status = "True False Unknown" },
  PodSpec = { restartPolicy = "Always OnFailure Never", dnsPolicy = "ClusterFirst ClusterFirstWithHostNet Default None",
    preemptionPolicy = "!PreemptLowerPriority Never" },
  PodOS = { name = "linux windows" },
  Container = { imagePullPolicy = "Always IfNotPresent Never", terminationMessagePolicy = "File FallbackToLogsOnError" },
  EphemeralContainer = {},
  ContainerResizePolicy = { resourceName = "cpu memory", restartPolicy = "NotRequired RestartContainer" },
  ContainerRestartRule = { action = "Restart" },
  ContainerRestartRuleOnExitCodes = { operator = "In NotIn" },
  ContainerPort = { protocol = "TCP UDP SCTP" },
  HTTPGetAction = { scheme = "HTTP HTTPS" },
  VolumeMount = { mountPropagation = "!None HostToContainer Bidirectional", recursiveReadOnly = "!Disabled IfPossible Enabled" },
  HostPathVolumeSource = { type = "DirectoryOrCreate Directory FileOrCreate File Socket CharDevice BlockDevice" },
  AzureDiskVolumeSource = { cachingMode = "!None ReadOnly ReadWrite", kind = "!Shared Dedicated Managed" },
  ImageVolumeSource = { pullPolicy = "Always IfNotPresent Never" },
  SecurityContext = { procMount = "!Default Unmasked" },
  PodSecurityContext = { fsGroupChangePolicy = "!OnRootMismatch Always", supplementalGroupsPolicy = "!Merge Strict",
    seLinuxChangePolicy = "!Recursive MountOption" },
  SeccompProfile = { type = "RuntimeDefault Localhost Unconfined" },
  AppArmorProfile = { type = "RuntimeDefault Localhost Unconfined" },
  Toleration = { operator = "Exists Equal", effect = "NoSchedule PreferNoSchedule NoExecute" },
  TopologySpreadConstraint = { whenUnsatisfiable = "DoNotSchedule ScheduleAnyway", nodeAffinityPolicy = "!Honor Ignore",
    nodeTaintsPolicy = "!Honor Ignore" },
  NodeSelectorRequirement = { operator = "In NotIn Exists DoesNotExist Gt Lt" },
  LabelSelectorRequirement = { operator = "In NotIn Exists DoesNotExist" },
  PersistentVolumeClaimSpec = { volumeMode = "!Filesystem Block",
    accessModes = "!ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod" },
  RoleRef = { kind = "Role ClusterRole" },
  Subject = { kind = "User Group ServiceAccount" },
}
same(WORDS, "EphemeralContainer", "Container")

-- A question: what the value must be when it is a string and none of the words.
local function one_of(words)
  local known, names = {}, {}
  for word in words:gsub("^!", ""):gmatch "%S+" do
    known[word] = true
    names[#names + 1] = word
  end
  known[""] = words:sub(1, 1) ~= "!"
  local message = (#names == 1 and "must be " or "must be one of ") .. table.concat(names, ", ")
  local function wrong(v) return type(v) == "string" and not known[v] and message or nil end
  local function meant(v) return near(v, names) end
  return { wrong = wrong, meant = meant }
end

local function prepared(rows, make)
  for _, row in pairs(rows) do
    for field, v in pairs(row) do row[field] = make(v) end
  end
  return rows
end
prepared(WORDS, one_of)

-- Calls `visit` for part[key], or for each item of the list there.
local function each_value(part, key, visit)
  local list = read.table(part, key)
  if not list then return visit(part, key) end
  for i = 1, #list do visit(list, i, key) end
end

rule "kubernetes/enum" {
  summary = "fields that take one of some words have one of them",
  help    = "A server refuses other words. They are written with capital letters as the message has them.",
  source  = API,
  kinds   = schema.kinds,
  check   = function(object, report)
    schema.walk(object, function(part, of)
      for field, word in pairs(WORDS[of.name] or {}) do
        each_value(part, field, function(at, key)
          local wrong = ask(at, key, word.wrong)
          if wrong then
            local meant = ask(at, key, word.meant)
            report(at, { key }, ("%s %s"):format(field, wrong), meant and { hint = ("did you mean %s?"):format(meant), fix = meant } or nil)
          end
        end)
      end
    end)
  end,
}

-- A rule's check that asks the questions of a table: type -> field -> what the value must be, or nil when it is.
local function asking(questions)
  return function(object, report)
    schema.walk(object, function(part, of)
      for field, question in pairs(questions[of.name] or {}) do
        each_value(part, field, function(at, key)
          local wrong = syntax.ask(at, key, question)
          if wrong then report(at, { key }, ("%s must be %s"):format(field, wrong)) end
        end)
      end
    end)
  end
end

-- --- ranges

local ID = { 0, (1 << 31) - 1 }
local MODE = { 0, 511 }
local PORT = { 1, 65535 }
local COUNT = { 0 }

-- Type -> field -> least and most value.
local RANGES = {
  JobSpec = { parallelism = COUNT, completions = COUNT, activeDeadlineSeconds = COUNT, backoffLimit = COUNT, backoffLimitPerIndex = COUNT,
    maxFailedIndexes = COUNT, ttlSecondsAfterFinished = COUNT },
  CronJobSpec = { startingDeadlineSeconds = COUNT, successfulJobsHistoryLimit = COUNT, failedJobsHistoryLimit = COUNT },
  PodFailurePolicyOnExitCodesRequirement = { values = { 0, 255 } },
  SuccessPolicyRule = { succeededCount = { 1 } },
  PodSpec = { activeDeadlineSeconds = { 1, (1 << 31) - 1 } },
  ContainerPort = { containerPort = PORT, hostPort = { 0, 65535 } },
  HTTPGetAction = { port = PORT }, TCPSocketAction = { port = PORT }, GRPCAction = { port = PORT },
  SleepAction = { seconds = COUNT },
  Probe = { initialDelaySeconds = COUNT, timeoutSeconds = COUNT, periodSeconds = COUNT, successThreshold = COUNT, failureThreshold = COUNT,
    terminationGracePeriodSeconds = { 1 } },
  SecurityContext = { runAsUser = ID, runAsGroup = ID },
  PodSecurityContext = { runAsUser = ID, runAsGroup = ID, fsGroup = ID, supplementalGroups = ID },
  PreferredSchedulingTerm = { weight = { 1, 100 } },
  WeightedPodAffinityTerm = { weight = { 1, 100 } },
  TopologySpreadConstraint = { maxSkew = { 1 }, minDomains = { 1 } },
  SecretVolumeSource = { defaultMode = MODE }, ConfigMapVolumeSource = { defaultMode = MODE },
    DownwardAPIVolumeSource = { defaultMode = MODE },
  ProjectedVolumeSource = { defaultMode = MODE }, KeyToPath = { mode = MODE }, DownwardAPIVolumeFile = { mode = MODE },
  GCEPersistentDiskVolumeSource = { partition = { 0, 255 } }, AWSElasticBlockStoreVolumeSource = { partition = { 0, 255 } },
  ISCSIVolumeSource = { lun = { 0, 255 } }, FCVolumeSource = { lun = { 0, 255 } },
  ServiceAccountTokenProjection = { expirationSeconds = { 600, 1 << 32 } },
  PodCertificateProjection = { maxExpirationSeconds = { 3600, 7862400 } },
}

-- A question: what the value must be when it is an integer out of the range.
local function within(range)
  local least, most = range[1], range[2]
  local message = most and ("between %d and %d"):format(least, most) or ("%d or more"):format(least)
  return function(v)
    if math.type(v) == "integer" and (v < least or most and v > most) then return message end
  end
end
prepared(RANGES, within)

rule "kubernetes/range" {
  summary = "numbers are within their field's range",
  help    = "A server refuses ports beyond 65535, negative counts, file modes above 0777 (octal) and the like.",
  source  = API,
  kinds   = schema.kinds,
  check   = asking(RANGES),
}

-- --- names and paths

-- Type -> field -> how it is written.
local NAMES = {
  JobSpec = { managedBy = syntax.domain_path },
  PodSpec = { serviceAccountName = syntax.subdomain, nodeName = syntax.subdomain, hostname = syntax.label,
    subdomain = syntax.label, priorityClassName = syntax.subdomain, runtimeClassName = syntax.filled_subdomain,
      hostnameOverride = syntax.subdomain },
  Container = { name = syntax.label, image = syntax.trimmed },
  EphemeralContainer = { name = syntax.label, image = syntax.trimmed },
  ContainerPort = { name = syntax.port_name },
  HTTPGetAction = { port = syntax.port_name }, TCPSocketAction = { port = syntax.port_name },
  HTTPHeader = { name = syntax.header },
  EnvVar = { name = syntax.env_name }, EnvFromSource = { prefix = syntax.env_name },
  ConfigMapKeySelector = { key = syntax.optional_data_key, name = syntax.subdomain },
  SecretKeySelector = { key = syntax.optional_data_key, name = syntax.subdomain },
  ConfigMapEnvSource = { name = syntax.subdomain }, SecretEnvSource = { name = syntax.subdomain },
  HostAlias = { ip = syntax.ip, hostnames = syntax.filled_subdomain },
  PodDNSConfig = { nameservers = syntax.ip, searches = syntax.search_domain },
  PodReadinessGate = { conditionType = syntax.optional_qualified }, PodSchedulingGate = { name = syntax.optional_qualified },
  PodResourceClaim = { name = syntax.label, resourceClaimName = syntax.subdomain, resourceClaimTemplateName = syntax.subdomain },
  Sysctl = { name = syntax.sysctl },
  Toleration = { key = syntax.optional_qualified },
  PodAffinityTerm = { topologyKey = syntax.optional_qualified, namespaces = syntax.filled_label },
  NodeSelectorRequirement = { key = syntax.optional_qualified },
  LabelSelectorRequirement = { key = syntax.optional_qualified, values = syntax.label_value },
  Volume = { name = syntax.label },
  VolumeMount = { subPath = syntax.path_below, subPathExpr = syntax.path_below },
  HostPathVolumeSource = { path = syntax.no_backstep },
  NFSVolumeSource = { path = syntax.absolute_path },
  GitRepoVolumeSource = { directory = syntax.path_below },
  KeyToPath = { path = syntax.file_below }, DownwardAPIVolumeFile = { path = syntax.file_below },
  ServiceAccountTokenProjection = { path = syntax.file_below }, ClusterTrustBundleProjection = { path = syntax.file_below },
  SeccompProfile = { localhostProfile = syntax.path_below },
  PersistentVolumeClaimSpec = { storageClassName = syntax.subdomain, volumeAttributesClassName = syntax.subdomain },
  CSIVolumeSource = { driver = syntax.driver },
  ISCSIVolumeSource = { iqn = syntax.iscsi, initiatorName = syntax.filled_iscsi },
  QuobyteVolumeSource = { tenant = syntax.up_to_64 },
  StorageOSVolumeSource = { volumeName = syntax.label, volumeNamespace = syntax.label },
  WindowsSecurityContextOptions = { gmsaCredentialSpecName = syntax.filled_subdomain, gmsaCredentialSpec = syntax.filled,
    runAsUserName = syntax.windows_user },
  RoleRef = { name = syntax.path_segment },
}

rule "kubernetes/format" {
  summary = "names, keys, paths and addresses are written as their field asks",
  help    = "A server refuses the object. Names of containers and volumes are DNS labels, names of objects that are referred to DNS names; "
    .. "paths in volumes are relative and have no \"..\".",
  source  = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
  kinds   = schema.kinds,
  check   = asking(NAMES),
}
