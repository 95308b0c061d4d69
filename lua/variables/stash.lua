-- The variables of Stash: what the Functions and Tasks of a backup or restore may ask for.
--
-- A provider like any other, on the public script API. Which variable is set when, and to what, is the model's rule; a
-- variable whose rule says "set when" and whose condition does not hold is not set (nil), so that a default applies.

-- Backends in the order in which the first that is present counts.
local BACKENDS = { "local", "s3", "gcs", "azure", "swift", "b2", "rest" }
local BUCKET = { ["local"] = "mountPath", s3 = "bucket", gcs = "bucket", b2 = "bucket", azure = "container", swift = "container" }
local PREFIXED = { "local", "s3", "gcs", "azure", "b2", "swift", "rest" }

local function backend(ctx)
  return ctx.repository and ctx.repository.spec and ctx.repository.spec.backend or {}
end

-- The first of these backends that the Repository has.
local function first_of(ctx, names)
  local all = backend(ctx)
  for _, name in ipairs(names) do
    if all[name] then return name, all[name] end
  end
  error("Repository " .. ctx.repository.metadata.name .. " has no known backend (" .. table.concat(BACKENDS, ", ") .. ")", 0)
end

local function rest_url(rest)
  local host, path = net.host_and_path(rest.url or "")
  if not host then error(("the URL of the rest backend, %s, cannot be read: %s"):format(rest.url, path), 0) end
  return host, path
end

local function text(v)
  if v == nil or v == "" then return nil end
  return tostring(v)
end

local function joined(list, separator)
  if not list or #list == 0 then return nil end
  local items = {}
  for i, item in ipairs(list) do items[i] = item end
  return table.concat(items, separator)
end

local function ref(ctx, field)
  return ctx.target.ref and text(ctx.target.ref[field])
end

local function retention(field)
  return function(ctx)
    local policy = ctx.direction == "backup" and ctx.invoker.spec.retentionPolicy
    local n = policy and policy[field]
    return n and n > 0 and tostring(n) or nil
  end
end

local function retention_flag(field)
  return function(ctx)
    local policy = ctx.direction == "backup" and ctx.invoker.spec.retentionPolicy
    return policy and policy[field] and "true" or nil
  end
end

-- The host name of a backup. A StatefulSet's ends in the last piece of the operator's own Pod name, and a DaemonSet's would be the
-- operator's node, which it does not know: accidents of the original, kept because repositories are written under these names.
local function backup_hostname(ctx)
  local kind, alias = ref(ctx, "kind"), text(ctx.target.alias)
  if not ctx.accidents then return alias or "host-0" end
  if kind == "DaemonSet" then error("the host name of a DaemonSet's backup needs the operator's node name", 0) end
  if kind == "StatefulSet" then return (alias or "host") .. "-" .. ctx.options.operatorPodName:match "[^-]*$" end
  return alias or "host-0"
end

-- The rule of a restore that holds for its target: the first that names the target's host, else the last that names none.
local function restore_rule(ctx)
  local host, general = ctx.target.alias or "", nil
  for _, rule in ipairs(ctx.target.rules or {}) do
    if not rule.targetHosts or #rule.targetHosts == 0 then general = rule end
    for _, named in ipairs(rule.targetHosts or {}) do
      if named == host then return rule, host end
    end
  end
  return general, host
end

-- What the original has where no rule holds, or the rule says nothing: the variable is set to nothing. Without its accidents it is not
-- set, so that defaults apply.
local function nothing(ctx)
  if ctx.accidents then return "" end
end

-- A list of the rule that holds.
local function restored(field)
  return function(ctx)
    if ctx.direction ~= "restore" then return nil end
    local rule = restore_rule(ctx)
    return rule and joined(rule[field], ",") or nothing(ctx)
  end
end

local function restore_hostname(ctx)
  local rule, host = restore_rule(ctx)
  return rule and text(host) or nothing(ctx)
end

local function option(name)
  return function(ctx) return ctx.options[name] end
end

local rules = {
  REPOSITORY_NAME = function(ctx) return ctx.repository.metadata.name end,
  REPOSITORY_NAMESPACE = function(ctx) return ctx.repository_namespace end,
  REPOSITORY_PROVIDER = function(ctx) return (first_of(ctx, BACKENDS)) end,
  REPOSITORY_BUCKET = function(ctx)
    local name, b = first_of(ctx, BACKENDS)
    if name == "rest" then return (rest_url(b)) end
    return b[BUCKET[name]] or ""
  end,
  REPOSITORY_PREFIX = function(ctx)
    local name, b = first_of(ctx, PREFIXED)
    if name == "local" then return "" end
    if name == "rest" then return (select(2, rest_url(b))) end
    return b.prefix or ""
  end,
  REPOSITORY_ENDPOINT = function(ctx)
    local b = backend(ctx)
    if b.s3 then return b.s3.endpoint or "" end
    return b.rest and (b.rest.url or "") or nil
  end,
  REPOSITORY_REGION = function(ctx)
    local s3 = backend(ctx).s3
    return s3 and (s3.region or "")
  end,
  REPOSITORY_INSECURE_TLS = function(ctx)
    local s3 = backend(ctx).s3
    return tostring(s3 and s3.insecureTLS or false)
  end,
  MAX_CONNECTIONS = function(ctx)
    local b = backend(ctx)
    local limited = b.gcs or b.azure or b.b2
    return tostring(limited and limited.maxConnections or 0)
  end,
  REPOSITORY_SECRET_NAME = function(ctx) return text(backend(ctx).storageSecretName) end,
  REPOSITORY_SECRET_NAMESPACE = function(ctx) return text(backend(ctx).storageSecretName) and ctx.repository_namespace end,

  TARGET_KIND = function(ctx) return ref(ctx, "kind") end,
  TARGET_NAME = function(ctx)
    local claims = ctx.direction == "restore" and ctx.target.volumeClaimTemplates
    local claim = claims and claims[1] and text(claims[1].metadata and claims[1].metadata.name)
    if claim and not ctx.accidents then claim = claim:gsub("%${POD_ORDINAL}", tostring(ctx.ordinal)) end
    return ref(ctx, "name") or claim or nil
  end,
  TARGET_NAMESPACE = function(ctx) return ref(ctx, "namespace") end,
  TARGET_PATHS = function(ctx) return ctx.direction == "backup" and (joined(ctx.target.paths, ",") or "/stash-data") or nil end,
  TARGET_MOUNT_PATH = function(ctx)
    local mounts = ctx.target.volumeMounts
    return mounts and mounts[1] and (mounts[1].mountPath or "") or "/stash-data"
  end,
  DRIVER_ARGS = function(ctx) return joined(ctx.target.args, " ") end,
  EXCLUDE_PATTERNS = function(ctx)
    if ctx.direction == "restore" then return restored "exclude"(ctx) end
    return joined(ctx.target.exclude, ",")
  end,
  INCLUDE_PATTERNS = restored "include",
  RESTORE_PATHS = restored "paths",
  RESTORE_SNAPSHOTS = restored "snapshots",
  HOSTNAME = function(ctx) return (ctx.direction == "restore" and restore_hostname or backup_hostname)(ctx) end,
  SOURCE_HOSTNAME = function(ctx)
    if ctx.direction ~= "restore" then return nil end
    local rule, host = restore_rule(ctx)
    return rule and text(text(rule.sourceHost) or host) or nothing(ctx)
  end,
  TARGET_APP_REPLICAS = function(ctx) return ctx.direction == "restore" and tostring(ctx.target.replicas or 1) or nil end,
  ENABLE_CACHE = function(ctx) return tostring(not (ctx.spec.tempDir and ctx.spec.tempDir.disableCaching)) end,
  INTERIM_DATA_DIR = function(ctx)
    return ctx.spec.interimVolumeTemplate and "/stash-interim-volume/data" or "/stash-tmp/stash-interim-volume/data"
  end,

  RETENTION_KEEP_LAST = retention "keepLast",
  RETENTION_KEEP_HOURLY = retention "keepHourly",
  RETENTION_KEEP_DAILY = retention "keepDaily",
  RETENTION_KEEP_WEEKLY = retention "keepWeekly",
  RETENTION_KEEP_MONTHLY = retention "keepMonthly",
  RETENTION_KEEP_YEARLY = retention "keepYearly",
  RETENTION_KEEP_TAGS = function(ctx)
    local policy = ctx.direction == "backup" and ctx.invoker.spec.retentionPolicy
    return policy and joined(policy.keepTags, ",") or nil
  end,
  RETENTION_PRUNE = retention_flag "prune",
  RETENTION_DRY_RUN = retention_flag "dryRun",

  BACKUP_SESSION = function(ctx) return ctx.direction == "backup" and ctx.session.metadata.name or nil end,
  RESTORE_SESSION = function(ctx) return ctx.direction == "restore" and ctx.session.metadata.name or nil end,
  INVOKER_KIND = function(ctx) return ctx.invoker.kind end,
  INVOKER_NAME = function(ctx) return ctx.invoker.metadata.name end,
  PROMETHEUS_JOB_NAME = function(ctx) return ctx.invoker.metadata.name end,
}

-- What holds also for a Task that is rendered without invoker and session.
local always = {
  NAMESPACE = function(ctx) return ctx.namespace end,
  STASH_DOCKER_REGISTRY = option "registry",
  STASH_DOCKER_IMAGE = option "image",
  STASH_IMAGE_TAG = option "tag",
  LICENSE_APISERVICE = option "licenseApiService",
  PROMETHEUS_PUSHGATEWAY_URL = option "pushgatewayUrl",
}

-- What a row of a batch says, which has no invoker either.
local of_row = {
  TARGET_NAME = function(ctx) return ctx.row.name end,
  TARGET_NAMESPACE = function(ctx) return ctx.namespace end,
}

local names = {}
for name in pairs(always) do names[#names + 1] = name end
for name in pairs(rules) do names[#names + 1] = name end

provider "stash" {
  summary = "the variables of Stash, from Repository, invoker, session and options",
  variables = names,
  resolve = function(name, ctx)
    if always[name] then return always[name](ctx) end
    if ctx.row then return of_row[name] and of_row[name](ctx) end
    return ctx.invoker and rules[name](ctx) or nil
  end,
}
