-- Rules about a Pod's volumes: their names and sources, and how containers mount them.
local read   = include "read.lua"
local schema = include "schema.lua"
local syntax = include "syntax.lua"

local VOLUMES = "https://kubernetes.io/docs/concepts/storage/volumes/"

rule "kubernetes/duplicate-volume" {
  summary = "no two volumes of a Pod have the same name",
  help    = "A server refuses the Pod.",
  source  = VOLUMES,
  pods    = true,
  check   = function(pod, report)
    for _, volume in ipairs(read.repeated(pod.spec, "volumes", "name")) do
      report(volume, "name", "another volume has this name, too")
    end
  end,
}

-- What a source of a projected volume can be.
local PROJECTED = { "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate" }

-- The kinds of volumes that are set in one.
local function sources_of(volume)
  local fields, found = schema.type("Volume").fields, {}
  for key in read.keys(volume) do
    if key ~= "name" and fields[key] then found[#found + 1] = key end
  end
  return found
end

rule "kubernetes/volume-source" {
  summary = "a volume has one source",
  help    = "A server refuses a volume with two sources. One without any becomes an emptyDir, unsaid.",
  source  = VOLUMES,
  pods    = true,
  check   = function(pod, report)
    for _, volume in read.items(pod.spec, "volumes") do
      local found = sources_of(volume)
      if #found > 1 then report(volume, found[2], ("the volume has %s already"):format(found[1])) end
    end
  end,
}

rule "kubernetes/volume-without-source" {
  summary  = "a volume says what it is, and so does each source of a projected one",
  help     = "A server makes an emptyDir of a volume that names no source; write emptyDir: {} where that is meant. A source of a "
    .. "projected volume "
    .. "that is nothing is passed over.",
  source   = VOLUMES .. "#emptydir",
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    for _, volume in read.items(pod.spec, "volumes") do
      if #sources_of(volume) == 0 then report(volume, nil, "the volume has no source, and becomes an emptyDir") end
      for _, source in read.items(read.table(volume, "projected") or {}, "sources") do
        if #read.present(source, PROJECTED) == 0 then report(source, nil, "this is none of " .. table.concat(PROJECTED, ", ")) end
      end
    end
  end,
}

-- --- files in volumes that are made of keys

-- Calls visit(volume source) for each source of secrets, configMaps and the Pod's own fields, those in a projected volume included.
local function each_file_source(volume, visit)
  for _, name in ipairs { "secret", "configMap", "downwardAPI" } do
    local source = read.table(volume, name)
    if source then visit(source, name) end
  end
end

-- Paths below one mount: none twice, and none below another.
local function check_paths(source, paths, report)
  for _, item in read.items(source, "items") do
    local path = read.string(item, "path")
    if path and path ~= "" then
      if paths[path] then report(item, "path", "another file of the volume has this path, too") end
      paths[path] = true
    end
  end
end

local function check_projected(projected, report)
  local paths = {}
  for _, source in read.items(projected, "sources") do
    local present = read.present(source, PROJECTED)
    if #present > 1 then report(source, present[2], ("the source is %s already"):format(present[1])) end
    each_file_source(source, function(files) check_paths(files, paths, report) end)
  end
end

rule "kubernetes/projected-volume" {
  summary = "each source of a projected volume is one thing, and no two files have the same path",
  help    = "A server refuses the Pod.",
  source  = "https://kubernetes.io/docs/concepts/storage/projected-volumes/",
  pods    = true,
  check   = function(pod, report)
    for _, volume in read.items(pod.spec, "volumes") do
      local projected = read.table(volume, "projected")
      if projected then check_projected(projected, report) end
    end
  end,
}

local function check_downward(source, report)
  for _, item in read.items(source, "items") do
    local present = read.present(item, { "fieldRef", "resourceFieldRef" })
    if #present ~= 1 then report(item, present[2], "exactly one of fieldRef and resourceFieldRef must be set") end
  end
end

rule "kubernetes/downward-file" {
  summary = "a file of the Pod's own fields has one field in it",
  help    = "A server refuses none and both of fieldRef and resourceFieldRef.",
  source  = "https://kubernetes.io/docs/concepts/workloads/pods/downward-api/",
  pods    = true,
  check   = function(pod, report)
    for _, volume in read.items(pod.spec, "volumes") do
      local own = read.table(volume, "downwardAPI")
      if own then check_downward(own, report) end
      for _, source in read.items(read.table(volume, "projected") or {}, "sources") do
        local files = read.table(source, "downwardAPI")
        if files then check_downward(files, report) end
      end
    end
  end,
}

-- --- details of sources

local function negative(v) return type(v) == "number" and v < 0 or type(v) == "string" and v:find "^%-.*[1-9]" ~= nil end

local function has_slash(v) return type(v) == "string" and v:find("/", 1, true) ~= nil end

local function no_registry(v)
  if type(v) ~= "string" or v == "" then return false end
  for entry in (v .. ","):gmatch "([^,]*)," do
    if not entry:find "^[^:]*:[^:]*$" then return true end
  end
  return false
end

local function is_kubernetes(v) return v:find "^kubernetes%.io/" or v:find "^k8s%.io/" or v:find "%.kubernetes%.io/"
  or v:find "%.k8s%.io/" end

local function check_secret(source, field, report)
  local secret = read.table(source, field)
  if secret and read.is_empty(secret, "name") then report(secret, "name", "the secret's name is missing") end
end

local SOURCE_CHECKS = {
  emptyDir = function(source, report)
    if ask(source, "sizeLimit", negative) then report(source, "sizeLimit", "sizeLimit must not be negative") end
  end,
  iscsi = function(source, report, volume)
    local name, portal = read.string(volume, "name") or "", read.string(source, "targetPortal") or ""
    if not read.is_absent(source, "initiatorName") and #name + 1 + #portal > 64 then
      report(source, "targetPortal", "the volume's name and targetPortal must have fewer than 64 characters together")
    end
    if read.is_true(source, "chapAuthDiscovery") or read.is_true(source, "chapAuthSession") then
      if read.is_absent(source, "secretRef") then report(source, "secretRef", "with CHAP, secretRef is needed") end
    end
  end,
  fc = function(source, report)
    local names, ids = read.table(source, "targetWWNs"), read.table(source, "wwids")
    local has_names, has_ids = names ~= nil and #names > 0, ids ~= nil and #ids > 0
    if has_names == has_ids then report(source, nil, "exactly one of targetWWNs and wwids must be set")
    elseif has_names and read.is_absent(source, "lun") then report(source, "lun", "with targetWWNs, lun is needed") end
  end,
  flocker = function(source, report)
    if read.is_empty(source, "datasetName") == read.is_empty(source, "datasetUUID") then
      report(source, nil, "exactly one of datasetName and datasetUUID must be set")
    end
    if ask(source, "datasetName", has_slash) then report(source, "datasetName", "datasetName must not contain /") end
  end,
  quobyte = function(source, report)
    if ask(source, "registry", no_registry) then report(source, "registry",
      "registry must be a list of host:port, with commas between them") end
  end,
  flexVolume = function(source, report)
    local options = read.table(source, "options")
    for key in read.keys(options) do
      if type(key) == "string" and is_kubernetes(key) then report(options, { key }, "options of Kubernetes' own domains cannot be set") end
    end
  end,
  azureDisk = function(source, report)
    local uri, kind = read.string(source, "diskURI"), read.string(source, "kind") or "Shared"
    local wanted = kind == "Managed" and "/subscriptions/" or "https://"
    if uri and uri ~= "" and uri:sub(1, #wanted) ~= wanted then
      report(source, "diskURI", ("the diskURI of a %s disk must begin with %s"):format(kind, wanted))
    end
  end,
  storageos = function(source, report)
    if read.is_empty(source, "volumeName") then report(source, "volumeName", "volumeName is missing") end
    check_secret(source, "secretRef", report)
  end,
  cinder = function(source, report) check_secret(source, "secretRef", report) end,
  csi = function(source, report)
    check_secret(source, "nodePublishSecretRef", report)
    local secret = read.table(source, "nodePublishSecretRef")
    local wrong = secret and syntax.ask(secret, "name", syntax.subdomain)
    if wrong then report(secret, "name", "the secret's name must be " .. wrong) end
  end,
  ephemeral = function(source, report)
    local template = read.table(source, "volumeClaimTemplate")
    local metadata = template and read.table(template, "metadata")
    for key in read.keys(metadata) do
      if key ~= "labels" and key ~= "annotations" then report(metadata, { key },
        "a claim template has labels and annotations, and nothing else") end
    end
  end,
}

rule "kubernetes/volume-details" {
  summary = "fields of one kind of volume go together",
  help    = "A server refuses the Pod. Each kind of volume has its own conditions; the message names the one.",
  source  = VOLUMES,
  pods    = true,
  check   = function(pod, report)
    for _, volume in read.items(pod.spec, "volumes") do
      for _, name in ipairs(sources_of(volume)) do
        local source = SOURCE_CHECKS[name] and read.table(volume, name)
        if source then SOURCE_CHECKS[name](source, report, volume) end
      end
    end
  end,
}
