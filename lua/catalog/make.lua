-- The tables of the catalogue into Functions and Tasks.
--
-- A system SYSTEM of a version V has the Functions SYSTEM-dump-V and SYSTEM-load-V and the Tasks
--
--   SYSTEM-backup-V    SYSTEM-dump-V, restic-backup, update-status
--   SYSTEM-restore-V   restic-restore, SYSTEM-load-V, update-status
--
-- restic-backup, restic-restore and update-status are the same for all. Each Function stands on its own: a Task of a site may have it
-- beside others. What is dumped lies in a folder of the system's own in DATA_DIR, so that several dumps go into one snapshot.
--
-- What steps leave to each other, in OUTPUT_DIR (/stash-tmp/output, the param outputDir):
--
--   dump.json        {"step", "seconds"} of a dump that is done; load.json likewise
--   STEP.log         what the step dump, backup, restore or load said on standard error
--   status.json      {"step", "status", "error"} of the step that failed, a line of its log being the error; not there, if none did
--   backup.json      of restic: the lines of `backup --json` without those of progress; the line with "message_type":"summary" counts
--   forget.json      of restic: `forget --json`, where the retention policy keeps anything
--   check.json       {"integrity": true or false} by `restic check`
--   stats.json       of restic: `stats --json --mode raw-data`
--   snapshots.json   of restic: `snapshots --json`, all that are in the repository after a backup
--   restore.json     of restic: `snapshots --json`, those that were restored
--
-- A step that finds status.json does nothing and ends with 0. One that fails itself ends with 0, too, where the param onFailure is
-- `report`, as in all Tasks of the catalogue: their last step tells the failure to whoever asks, and fails. In a Task without such a last
-- step, onFailure stays `exit`, and the Pod fails at once.
--
-- A table of a system: { name, summary, tested, versions = { … } (none: no version in the names), image = { version -> image } or one
-- image for all, params = { … } of both Functions, dump = part, load = part }. A part: { body = shell text, params = { … }, user = the
-- numeric user that it has to run as, if any }. A param: { name, summary, default = text with expressions (none: must be given), env = the
-- variable of the environment that the text reads }, or { …, key = the key of the Secret } for one whose value is the key of the database's
-- Secret. A part's claim, { name = param, path, default, read_only }, is mounted in its Function: for what is copied file by file. A part's
-- rights are rules of a ClusterRole that its Pod has to have, for what asks the cluster (catalog/rbac.lua).
local frame = require "catalog.frame"
local host = require "engine.host"
local notify = require "catalog.notify"
local restic = require "catalog.restic"

local make = {}

local API = "stash.appscode.com/v1beta1"
local SECRET_DIR = "/etc/repository/secret"

local RESTIC = "restic/restic:0.16.4"
local AUTH_SECRET = "${APPBINDING_SECRET:=${TARGET_NAME:=database}-auth}"

local FRAME = {
  { name = "outputDir", env = "OUTPUT_DIR", default = "/stash-tmp/output", summary = "where steps leave their results for the last one" },
  { name = "dataDir", env = "DATA_DIR", default = "${INTERIM_DATA_DIR:=/stash-tmp/data}", summary = "where dumps lie between two steps" },
  { name = "onFailure", env = "ON_FAILURE", default = "exit",
    summary = "what a step that failed does: exit, or report, which leaves it to the last step" },
}

local REPOSITORY = { "REPOSITORY_PROVIDER", "REPOSITORY_BUCKET", "REPOSITORY_PREFIX:=", "REPOSITORY_ENDPOINT:=", "REPOSITORY_REGION:=",
  "REPOSITORY_INSECURE_TLS:=false", "MAX_CONNECTIONS:=0", "ENABLE_CACHE:=true" }

local RETENTION = { "RETENTION_KEEP_LAST:=", "RETENTION_KEEP_HOURLY:=", "RETENTION_KEEP_DAILY:=", "RETENTION_KEEP_WEEKLY:=",
  "RETENTION_KEEP_MONTHLY:=", "RETENTION_KEEP_YEARLY:=", "RETENTION_KEEP_TAGS:=", "RETENTION_PRUNE:=false", "RETENTION_DRY_RUN:=false" }

local RESTIC_PARAMS = {
  { name = "resticImage", default = RESTIC, summary = "the image of restic, 0.14 or newer" },
  { name = "resticMemory", default = "1Gi", summary = "the memory limit of the step that runs restic" },
  { name = "secretVolume", default = "repository-secret", summary = "the volume with the Secret of the Repository" },
}
local CHECK = { name = "check", env = "CHECK", default = "true", summary = "whether `restic check` follows each backup" }

-- An expression of a name with its default.
local function expression(name, default) return default and ("${%s:=%s}"):format(name, default) or ("${%s}"):format(name) end

-- Shell text as a Function has it: ${NAME} is the shell's own.
local function escaped(text) return (text:gsub("%${", "$${")) end

local function add_all(to, ...)
  for _, list in ipairs { ... } do table.move(list, 1, #list, #to + 1, to) end
  return to
end

-- The environment of params, and of variables written as NAME:=default.
local function environment(params, variables)
  local env = {}
  for _, param in ipairs(params) do
    local v = expression(param.name, param.default)
    if param.key then
      env[#env + 1] = { name = param.env, valueFrom = { secretKeyRef = {
        name = expression("authSecret", AUTH_SECRET), key = v, optional = param.optional } } }
    elseif param.env then env[#env + 1] = { name = param.env, value = v } end
  end
  for _, text in ipairs(variables or {}) do env[#env + 1] = { name = text:match "^[^:]+", value = "${" .. text .. "}" } end
  return add_all(env, { { name = "HOME", value = "/stash-tmp" }, { name = "TMPDIR", value = "/stash-tmp" } })
end

-- function_of { name, step, body, image = expression, memory = expression, params, env, mounts, user } -> Function
local function function_of(of)
  return { apiVersion = API, kind = "Function", metadata = { name = of.name },
    spec = { image = of.image, command = { "sh", "-c" }, args = { escaped(frame(of.step, of.body)) }, volumeMounts = of.mounts,
      runtimeSettings = { env = of.env, resources = { requests = { cpu = "100m", memory = "64Mi" }, limits = { memory = of.memory } },
        securityContext = of.user and { runAsUser = of.user } or nil } } }
end

local SECRET_MOUNT = { name = "${secretVolume:=repository-secret}", mountPath = SECRET_DIR, readOnly = true }

-- A Function that runs restic: { name, step, body, params, own = env by itself, variables, mounts }. Returns it and all of its params.
local function restic_function(of)
  local params = add_all({}, RESTIC_PARAMS, of.params or {}, FRAME)
  local env = add_all(environment(params, add_all({}, REPOSITORY, of.variables or {})),
    { { name = "SECRET_DIR", value = SECRET_DIR } }, of.own)
  return function_of { name = of.name, step = of.step, body = restic.OPEN .. of.body, image = expression("resticImage", RESTIC),
    memory = expression("resticMemory", "1Gi"), env = env, mounts = add_all({ SECRET_MOUNT }, of.mounts or {}) }, params
end

-- The two Functions of restic for what lies in `dir`: { backup, restore } names, dir (nil: DATA_DIR), paths, mounts, params.
local function restic_pair(of)
  local backup, backup_params = restic_function { name = of.backup, step = "backup", body = restic.BACKUP, mounts = of.mounts,
    params = add_all({ CHECK }, of.params or {}), variables = add_all({ "EXCLUDE_PATTERNS:=" }, RETENTION),
    own = { { name = "BACKUP_HOST", value = "${HOSTNAME:=host-0}" }, { name = "BACKUP_PATHS", value = of.paths } } }
  local restore, restore_params = restic_function { name = of.restore, step = "restore", body = restic.RESTORE, mounts = of.mounts,
    params = of.params, variables = { "RESTORE_PATHS:=", "INCLUDE_PATTERNS:=", "EXCLUDE_PATTERNS:=", "RESTORE_SNAPSHOTS:=latest" },
    own = { { name = "BACKUP_HOST", value = "${SOURCE_HOSTNAME:=${HOSTNAME:=host-0}}" }, { name = "RESTORE_TARGET", value = of.target } } }
  return { { object = backup, params = backup_params }, { object = restore, params = restore_params } }
end

local function update_status()
  local image = "moonstep:" .. host.version()
  local args = { "--output-dir=${outputDir:=/stash-tmp/output}" }
  for _, each in ipairs { "namespace=NAMESPACE:=default", "repository=REPOSITORY_NAME:=", "backupsession=BACKUP_SESSION:=",
    "restoresession=RESTORE_SESSION:=", "invoker-kind=INVOKER_KIND:=", "invoker-name=INVOKER_NAME:=", "target-kind=TARGET_KIND:=",
    "target-namespace=TARGET_NAMESPACE:=", "target-name=TARGET_NAME:=", "hostname=HOSTNAME:=host-0",
    "metrics-pushgateway-url=PROMETHEUS_PUSHGATEWAY_URL:=", "prom-job-name=PROMETHEUS_JOB_NAME:=" } do
    args[#args + 1] = ("--%s=${%s}"):format(each:match "^(.-)=(.*)$")
  end
  local params = { { name = "MOONSTEP_IMAGE", default = image, summary = "the image of the step that reports the status" }, FRAME[1] }
  return { params = params, object = { apiVersion = API, kind = "Function", metadata = { name = "update-status" },
    spec = { image = expression("MOONSTEP_IMAGE", image), command = { "moonstep", "update-status" }, args = args,
      runtimeSettings = { resources = { requests = { cpu = "50m", memory = "32Mi" }, limits = { memory = "128Mi" } } } } } }
end

-- The Functions that all systems share.
function make.common()
  local pair = restic_pair { backup = "restic-backup", restore = "restic-restore", paths = "${backupPaths:=.}", target = "." }
  table.insert(pair[1].params,
    { name = "backupPaths", default = ".", summary = "what goes into the snapshot, with commas between; in dataDir" })
  return add_all(pair, { update_status() }, notify())
end

-- The volumes of a claim, as a list: none without one.
local function volumes_of(claim)
  return claim and { { name = "target-data", persistentVolumeClaim = { claimName = expression(claim.name, claim.default),
    readOnly = claim.read_only } } } or {}
end

-- A Task of Functions by name, each with the params that let the last step tell a failure.
local function task_of(name, steps, claim)
  local list = {}
  for i, step in ipairs(steps) do
    list[i] = { name = step, params = i < #steps and { { name = "onFailure", value = "report" } } or nil }
  end
  return { object = { apiVersion = API, kind = "Task", metadata = { name = name }, spec = { steps = list, volumes = add_all({
    { name = "${secretVolume:=repository-secret}", secret = { secretName = "${REPOSITORY_SECRET_NAME}" } } }, volumes_of(claim)) } },
    steps = steps, params = { claim } }
end

-- "percona-xtradb" -> "perconaXtradb"
local function camel(name) return (name:gsub("%-(%a)", string.upper)) end

-- The params of a system's own Function, and among them where its Secret is named.
local function params_of(system, part, image)
  local of = system[part]
  local all = { { name = camel(system.name) .. "Image", default = image, summary = "the image with the client programs" },
    { name = part .. "Memory", default = of.memory or "1Gi", summary = ("the memory limit of the step that %ss"):format(part) } }
  local own = add_all({}, system.params or {}, of.params or {}, FRAME)
  for _, param in ipairs(own) do
    if param.key then
      all[#all + 1] = { name = "authSecret", default = AUTH_SECRET, summary = "the Secret with the database's credentials" }
      break
    end
  end
  return add_all(all, own)
end

-- One of the two Functions of a system's own.
local function part_of(system, part, version, suffix)
  local of, image = system[part], system.image
  image = type(image) == "table" and image[version] or image:format(version)
  local params = params_of(system, part, image)
  local body = ("dir=$DATA_DIR/%s\n"):format(system.name) .. (part == "dump" and 'rm -rf "$dir"\nmkdir "$dir"\n' or "") .. of.body
  return { params = params, rights = of.rights, object = function_of { name = ("%s-%s%s"):format(system.name, part, suffix),
    step = part, body = body, user = of.user,
    image = expression(params[1].name, params[1].default), memory = expression(params[2].name, params[2].default),
    mounts = of.claim and { { name = "target-data", mountPath = of.claim.path, readOnly = of.claim.read_only } } or nil,
    env = environment(params) } }
end

local function files_of(system)
  local functions = restic_pair { backup = system.name .. "-backup", restore = system.name .. "-restore",
    paths = "${TARGET_PATHS:=/stash-data}", target = "/",
    mounts = { { name = "target-data", mountPath = "${TARGET_MOUNT_PATH:=/stash-data}" } } }
  return add_all(functions, {
    task_of(system.name .. "-backup", { system.name .. "-backup", "update-status" }, system.claim),
    task_of(system.name .. "-restore", { system.name .. "-restore", "update-status" }, system.claim) })
end

-- of(system, version) -> what a version of a system adds: a list of { object, params } of Functions and { object, steps } of Tasks
function make.of(system, version)
  if system.files then return files_of(system) end
  local suffix = version and "-" .. version or ""
  local dump, load = part_of(system, "dump", version, suffix), part_of(system, "load", version, suffix)
  return { dump, load,
    task_of(system.name .. "-backup" .. suffix, { dump.object.metadata.name, "restic-backup", "update-status" }, system.dump.claim),
    task_of(system.name .. "-restore" .. suffix, { "restic-restore", load.object.metadata.name, "update-status" },
      system.load.claim) }
end

return make
