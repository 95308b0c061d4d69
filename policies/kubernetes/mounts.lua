-- Rules about mounts: that their volumes exist, where they go, and what of a volume is mounted.
local near = include "near.lua"
local read = include "read.lua"

local VOLUMES = "https://kubernetes.io/docs/concepts/storage/volumes/"

-- Calls visit(mount, container, list) for each mount of a Pod's containers.
local function each_mount(pod, visit)
  for container, list in k8s.containers(pod) do
    for _, mount in read.items(container, "volumeMounts") do visit(mount, container, list) end
  end
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

rule "kubernetes/mount-without-volume" {
  summary = "what is mounted is a volume of the Pod",
  help    = "A server refuses the Pod. The mount's name is the name of an entry in volumes.",
  source  = VOLUMES,
  pods    = true,
  check   = function(pod, report, object)
    local names = read.names(pod.spec, "volumes")
    if object.kind == "StatefulSet" then
      for _, claim in read.items(read.table(object, "spec") or {}, "volumeClaimTemplates") do
        local name = read.table(claim, "metadata") and claim.metadata.name
        if type(name) == "string" then names[name] = true end
      end
    end
    local function check(mount)
      local name = read.string(mount, "name")
      if name and name ~= "" and not names[name] then
        local meant = near(name, sorted(names))
        report(mount, "name", ("the Pod has no volume %s"):format(name), meant and { hint = ("did you mean %s?"):format(meant) } or nil)
      end
    end
    each_mount(pod, check)
    for container in k8s.containers(pod) do
      for _, device in read.items(container, "volumeDevices") do check(device) end
    end
  end,
}

rule "kubernetes/duplicate-mount" {
  summary = "a container mounts one volume at a path",
  help    = "A server refuses the Pod. Several files of one volume go to one folder by mounting the volume once.",
  source  = VOLUMES,
  pods    = true,
  check   = function(pod, report)
    for container in k8s.containers(pod) do
      for _, mount in ipairs(read.repeated(container, "volumeMounts", "mountPath")) do
        report(mount, "mountPath", "another volume is mounted at this path")
      end
    end
  end,
}

-- A path without what makes two spellings of it.
local function cleaned(path) return (path:gsub("/+", "/"):gsub("(.)/$", "%1")) end

rule "kubernetes/mount-over-mount" {
  summary  = "paths of mounts differ in more than their spelling",
  help     = "Servers take /data and /data/ for two paths; the second mount then hides the first.",
  source   = VOLUMES,
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    for container in k8s.containers(pod) do
      local seen = {}
      for _, mount in read.items(container, "volumeMounts") do
        local path = read.string(mount, "mountPath")
        local short = path and cleaned(path)
        if short and seen[short] and seen[short] ~= path then
          report(mount, "mountPath", ("this is the same path as %s, where another volume is mounted"):format(seen[short]))
        end
        if short then seen[short] = path end
      end
    end
  end,
}

local function not_absolute(v) return type(v) == "string" and v ~= "" and not v:find "^/" and not v:find "^%a:[\\/]" end
local function has_colon(v) return type(v) == "string" and v:find("^[^:][^:]?[^:]*:", 1) ~= nil and not v:find "^%a:[\\/]" end

rule "kubernetes/mount-path" {
  summary  = "volumes are mounted at absolute paths without a colon",
  help     = "Servers take other paths; the container then fails to start, or finds the volume below / wherever it expected it.",
  source   = "https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#volumemount-v1-core",
  severity = "warning",
  pods     = true,
  check    = function(pod, report)
    each_mount(pod, function(mount)
      if ask(mount, "mountPath", not_absolute) then report(mount, "mountPath", "mountPath must be an absolute path") end
      if ask(mount, "mountPath", has_colon) then report(mount, "mountPath", "mountPath must not contain a colon") end
    end)
  end,
}

local function is_filled(v) return type(v) == "string" and v ~= "" end

rule "kubernetes/sub-path" {
  summary = "a mount has a subPath or a subPathExpr, not both",
  help    = "A server refuses the Pod. subPathExpr is the one in which $(NAME) stands for an environment variable.",
  source  = VOLUMES .. "#using-subpath",
  pods    = true,
  check   = function(pod, report)
    each_mount(pod, function(mount)
      if ask(mount, "subPath", is_filled) and ask(mount, "subPathExpr", is_filled) then
        report(mount, "subPathExpr", "subPath and subPathExpr exclude each other")
      end
    end)
  end,
}

rule "kubernetes/mount-propagation" {
  summary = "only privileged containers pass mounts on to the host",
  help    = "A server refuses mountPropagation Bidirectional for other containers, because they could change what the node sees.",
  source  = VOLUMES .. "#mount-propagation",
  pods    = true,
  check   = function(pod, report)
    each_mount(pod, function(mount, container)
      local security = read.table(container, "securityContext")
      if mount.mountPropagation == "Bidirectional" and not (security and read.is_true(security, "privileged")) then
        report(mount, "mountPropagation", "Bidirectional is for privileged containers only")
      end
    end)
  end,
}

rule "kubernetes/recursive-read-only" {
  summary = "recursiveReadOnly goes with readOnly",
  help    = "A server refuses IfPossible and Enabled for mounts that can be written to, or that pass other mounts on.",
  source  = VOLUMES .. "#recursive-read-only-mounts",
  pods    = true,
  check   = function(pod, report)
    each_mount(pod, function(mount)
      local wanted = read.string(mount, "recursiveReadOnly")
      if wanted ~= "IfPossible" and wanted ~= "Enabled" then return end
      if not read.is_true(mount, "readOnly") then report(mount, "recursiveReadOnly", "recursiveReadOnly needs readOnly: true")
      elseif (read.string(mount, "mountPropagation") or "None") ~= "None" then
        report(mount, "recursiveReadOnly", "recursiveReadOnly needs mountPropagation None")
      end
    end)
  end,
}

local function backstep(v) return type(v) == "string" and (v == ".." or v:find "^%.%./" or v:find "/%.%./" or v:find "/%.%.$") ~= nil
  and v ~= "" end

-- The volumes of a Pod by name.
local function volumes_of(pod)
  local volumes = {}
  for _, volume in read.items(pod.spec, "volumes") do
    if type(volume.name) == "string" then volumes[volume.name] = volume end
  end
  return volumes
end

local function check_devices(container, volumes, report)
  local paths, names, mounted = {}, {}, read.names(container, "volumeMounts")
  local at = read.names(container, "volumeMounts", "mountPath")
  for _, device in read.items(container, "volumeDevices") do
    local name, path = read.string(device, "name"), read.string(device, "devicePath")
    local volume = name and volumes[name]
    if volume and read.is_absent(volume, "persistentVolumeClaim") and read.is_absent(volume, "ephemeral") then
      report(device, "name", "a device must be of a persistentVolumeClaim")
    end
    if name and (names[name] or mounted[name]) then report(device, "name", "the container uses this volume already") end
    if path and (paths[path] or at[path]) then report(device, "devicePath", "the container has something else at this path") end
    if ask(device, "devicePath", backstep) then report(device, "devicePath", "devicePath must be a path without ..") end
    if name then names[name] = true end
    if path then paths[path] = true end
  end
end

rule "kubernetes/volume-device" {
  summary = "devices are claims that nothing else in the container uses",
  help    = "A server refuses devices of other volumes, devices that are mounted, too, and two at one path.",
  source  = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support",
  pods    = true,
  check   = function(pod, report)
    local volumes = volumes_of(pod)
    for container in k8s.containers(pod) do check_devices(container, volumes, report) end
  end,
}

rule "kubernetes/unused-volume" {
  summary  = "every volume is mounted by a container",
  help     = "A volume that nothing mounts still has to be attached before the Pod starts. Remove it, or mount it.",
  source   = VOLUMES,
  severity = "info",
  pods     = true,
  check    = function(pod, report)
    local used = {}
    for container in k8s.containers(pod) do
      for _, list in ipairs { "volumeMounts", "volumeDevices" } do
        for name in pairs(read.names(container, list)) do used[name] = true end
      end
      for _, variable in read.items(container, "env") do
        local file = read.table(variable, "valueFrom", "fileKeyRef")
        if file and type(file.volumeName) == "string" then used[file.volumeName] = true end
      end
    end
    for _, volume in read.items(pod.spec, "volumes") do
      local name = read.string(volume, "name")
      if name and name ~= "" and not used[name] then report(volume, "name", ("no container mounts volume %s"):format(name)) end
    end
  end,
}
