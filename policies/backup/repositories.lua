-- Repositories and the backends of blueprints: where backups go, and whether they are still there when they are needed.
local index = include "index.lua"
local read = include "read.lua"
local selects = include "labels.lua"
local variables = include "variables.lua"

local KINDS = { "Repository", "BackupBlueprint" }

-- The fields that each backend cannot do without.
local BACKENDS = { ["local"] = "mountPath", s3 = "bucket", gcs = "bucket", azure = "container", swift = "container",
  b2 = "bucket", rest = "url" }
local ORDER = { "local", "s3", "gcs", "azure", "swift", "b2", "rest" }

-- The backends that are given, by name and map.
local function backends_of(object)
  local backend, names = read.map_at(object, "spec", "backend"), {}
  for _, name in ipairs(ORDER) do
    if read.map_at(backend, name) then names[#names + 1] = name end
  end
  return names, backend
end

rule "backup/backend" {
  summary = "a Repository has one backend, and all that it needs",
  help    = "A backup needs one place to go to: one of local, s3, gcs, azure, swift, b2, rest, with its bucket, container, URL or " ..
    "mount path.",
  source  = "https://stash.run/docs/latest/guides/backends/overview/",
  kinds   = KINDS,
  check   = function(object, report)
    if not read.map_at(object, "spec") then return end
    local names, backend = backends_of(object)
    if #names == 0 then return report(object, "spec.backend", "there is no backend; there is " .. table.concat(ORDER, ", ")) end
    if #names > 1 then report(backend, names[2], ("there are two backends, and only %s is used"):format(names[1])) end
    local used, field = backend[names[1]], BACKENDS[names[1]]
    if not ask(used, field, read.has_text) then report(used, field, ("the backend %s has no %s"):format(names[1], field)) end
  end,
}

rule "backup/backend-secret" {
  summary = "a Repository names the Secret of its backend",
  help    = "The Secret holds the password that backups are encrypted with, for local backends too, and the keys of the store. " ..
    "Set backend.storageSecretName.",
  kinds   = KINDS,
  check   = function(object, report)
    local backend = read.map_at(object, "spec", "backend")
    if backend and not ask(backend, "storageSecretName", read.has_text) then
      report(backend, "storageSecretName", "no Secret is named: there is neither a password nor a key for the backend")
    end
  end,
}

-- Volumes that live as long as a Pod, or hold what others wrote.
local PASSING = { "emptyDir", "ephemeral", "configMap", "secret", "downwardAPI", "projected" }

rule "backup/local-persistent" {
  summary = "a local backend is a volume that outlives the Pod",
  help    = "Backups in an emptyDir are gone with the Pod that wrote them. Use a claim, NFS or another volume that stays.",
  kinds   = KINDS,
  check   = function(object, report)
    local volume = read.map_at(object, "spec", "backend", "local")
    if not volume then return end
    for _, source in ipairs(PASSING) do
      if read.map_at(volume, source) then
        return report(volume, source, ("backups in a volume of type %s are gone with the Pod"):format(source))
      end
    end
    for field in pairs(volume) do
      if field ~= "mountPath" and field ~= "subPath" then return end
    end
    report(object, "spec.backend.local", "the local backend has no volume", { hint = "such as persistentVolumeClaim: {claimName: …}" })
  end,
}

rule "backup/local-host-path" {
  summary  = "backups do not lie on the disk of a node",
  help     = "What a hostPath holds is on one node: a Pod elsewhere writes and reads another folder, and the node takes the " ..
    "backups with it. " ..
    "Use a claim or NFS.",
  severity = "warning",
  kinds    = KINDS,
  check    = function(object, report)
    local volume = read.map_at(object, "spec", "backend", "local")
    if read.map_at(volume, "hostPath") then report(volume, "hostPath", "backups are kept on whatever node a Pod runs on") end
  end,
}

local function is_plain_http(url) return type(url) == "string" and url:lower():find "^http://" ~= nil end

rule "backup/backend-tls" {
  summary  = "the store's certificate is checked",
  help     = "Backups are encrypted, but the keys of the store travel to whoever answers. Use https and a certificate that can be " ..
    "checked.",
  severity = "warning",
  kinds    = KINDS,
  check    = function(object, report)
    local backend = read.map_at(object, "spec", "backend")
    local s3, rest = read.map_at(backend, "s3"), read.map_at(backend, "rest")
    if s3 and s3.insecureTLS == true then report(s3, "insecureTLS", "the store's certificate is not checked", { fix = k8s.remove }) end
    if s3 and ask(s3, "endpoint", is_plain_http) then report(s3, "endpoint", "the store is spoken to without TLS") end
    if rest and ask(rest, "url", is_plain_http) then report(rest, "url", "the store is spoken to without TLS") end
  end,
}

-- --- one place, one Repository

-- Where a Repository writes, in one text; nil when that cannot be said.
local function place_of(object)
  local names, backend = backends_of(object)
  if #names ~= 1 then return nil end
  local parts = { names[1] }
  local used = backend[names[1]]
  if names[1] == "local" then return nil end -- volumes of one name differ from namespace to namespace
  for _, field in ipairs { "endpoint", "bucket", "container", "prefix", "url" } do
    parts[#parts + 1] = ((read.text_at(used, field) or ""):gsub("^/+", ""):gsub("/+$", ""))
  end
  return table.concat(parts, " ")
end

-- The names of the Repositories that backups write to.
local function written_to(objects)
  local known, written = index.of(objects), {}
  for _, object in ipairs(objects) do
    local named = (object.kind == "BackupConfiguration" or object.kind == "BackupBatch") and read.map_at(object, "spec", "repository")
    local name = read.text_at(named, "name")
    local found = name and index.find(known, "Repository", read.text(named.namespace) or index.namespace_of(object), name)
    if found then written[read.name(found)] = true end
  end
  return written
end

rule "backup/repository-shared" {
  summary   = "no two Repositories are the same place",
  help      = "Backups that go to one place under two names lock each other out, and the retention of one removes what the other " ..
    "keeps. Give each a prefix.",
  severity  = "warning",
  kinds     = { "Repository", "BackupConfiguration", "BackupBatch" },
  check_all = function(objects, report)
    local written, seen = written_to(objects), {}
    for _, object in ipairs(objects) do
      local at = object.kind == "Repository" and written[read.name(object)] and place_of(object)
      if at and seen[at] then
        local backend = object.spec.backend
        report(backend, backends_of(object)[1], ("Repository %s is the same place"):format(read.name(seen[at])))
      end
      if at then seen[at] = object end
    end
  end,
}

local PER_TARGET = { TARGET_NAME = true, TARGET_APP_RESOURCE = true }

rule "backup/blueprint-prefix" {
  summary = "a blueprint gives each target a place of its own",
  help    = "All targets of a blueprint get its backend: without ${TARGET_NAME} in the prefix they all write to one place. " ..
    "Use prefix: ${TARGET_NAMESPACE}/${TARGET_KIND}/${TARGET_NAME}.",
  source  = "https://stash.run/docs/latest/concepts/crds/backupblueprint/",
  kinds   = { "BackupBlueprint" },
  check   = function(object, report)
    local names, backend = backends_of(object)
    local name = names[1]
    if not name or name == "rest" then return end
    local field, asked = name == "local" and "subPath" or "prefix", {}
    variables.collect(read.at(backend, name, field), asked)
    for each in pairs(PER_TARGET) do
      if asked[each] then return end
    end
    report(backend[name], field, "all targets of the blueprint write to the same place",
      { hint = field .. ": ${TARGET_NAMESPACE}/${TARGET_KIND}/${TARGET_NAME}" })
  end,
}

rule "backup/usage" {
  summary   = "a Repository may be used from the invoker's namespace",
  help      = "A Repository is for its own namespace unless spec.usagePolicy.allowedNamespaces says otherwise; the operator " ..
    "refuses others. " ..
    "Allow the namespace, or use a Repository beside the invoker.",
  source    = "https://stash.run/docs/latest/concepts/crds/repository/",
  kinds     = { "Repository", "Namespace", "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch" },
  check_all = function(objects, report)
    local known = index.of(objects)
    for _, object in ipairs(objects) do
      local named, own = read.map_at(object, "spec", "repository"), index.namespace_of(object)
      local other, name = read.text_at(named, "namespace"), read.text_at(named, "name")
      local repository = other and name and own and other ~= own and index.find(known, "Repository", other, name)
      if repository and repository.metadata.namespace then
        local allowed = read.map_at(repository, "spec", "usagePolicy", "allowedNamespaces")
        local from = read.text_at(allowed, "from") or "Same"
        local space = from == "Selector" and index.find(known, "Namespace", nil, own)
        local labels = read.map_at(space, "metadata", "labels")
        local refused = from == "Same" or space and not selects(read.map_at(allowed, "selector"), labels)
        local words = "Repository %s may not be used from namespace %s"
        if refused then report(named, "namespace", words:format(read.name(repository), own)) end
      end
    end
  end,
}
