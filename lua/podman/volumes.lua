-- The volumes of a Job's Pod on this machine, and the mounts of its containers.
--
--   emptyDir            a folder of the run (podman.folder), or with medium Memory a volume of podman's on a tmpfs of that size
--   hostPath            itself
--   persistentVolumeClaim  podman's volume moonstep-NAMESPACE-CLAIM, which stays when the run is over
--   secret, configMap, downwardAPI, projected   files in the run's private folder, in memory where the machine can
--
--   volumes.check(pod, podman)               raises what is wrong with them and their mounts, as far as it can be known before steps run
--   local all = volumes.make(pod, run)       run = { folder, podman }
--   all:mounts(container, path, values)      -> the words of --volume for podman
--   all:over()                               -> the name of an emptyDir that is fuller than it may be, and its limit
--   all:drop()                               what is not the folder's
local expand = require "podman.expand"
local fields = require "podman.fields"
local files = require "engine.files"
local folder = require "podman.folder"
local diag = require "base.diag"
local quantity = require "base.quantity"
local value = require "base.value"

local volumes = {}

local Volumes = {}
Volumes.__index = Volumes

local PAGE = 4096
local OPEN, OPEN_TO_GROUP = tonumber("0777", 8), tonumber("2777", 8) -- modes of an emptyDir, as the kubelet sets them
local FILE = tonumber("0644", 8)
local GROUP_READS = tonumber("0440", 8)

local function need(done, problem)
  if not done then diag.raise { rule = "unwritable", message = problem.message } end
end

local function succeed(answer, what)
  if answer.code == 0 then return answer end
  local why = (answer.err:match "[^\n]+" or "podman failed"):gsub("^Error: ", "")
  diag.raise { rule = "job-not-started", message = ("%s: %s"):format(what, why) }
end

local function group_of(self) return value.get(self.pod.spec, "securityContext", "fsGroup") end

-- The group that files get here at once; rootless, only containers' own users can give them to it.
local function direct_group(self) return not self.run.podman.rootless and group_of(self) or nil end

-- All below a folder belongs to fsGroup, which may read, and unless it is read-only write.
local function give_to_group(self, path, read_only)
  local group = group_of(self)
  if not group then return end
  succeed(self.run.podman:unshared { "chgrp", "-R", ("%d"):format(group), path }, path)
  succeed(self.run.podman:unshared { "chmod", "-R", read_only and "g+rX" or "g+rwX", path }, path)
  if not read_only then succeed(self.run.podman:unshared { "chmod", "g+s", path }, path) end
end

-- --- kinds of volumes: each gives { source = path or name of a volume, … }

local kinds = {}

function kinds.emptyDir(self, of, name)
  local limit = of.sizeLimit and quantity(of.sizeLimit)
  if of.medium and of.medium:find "^HugePages" then
    self.pod:refuse("emptyDir.medium of the volume " .. name, "podman has no huge pages")
  end
  if of.medium ~= "Memory" then
    local path = ("%s/%s"):format(self.run.folder.disk, name)
    local group = direct_group(self)
    need(files.make(path, group and OPEN_TO_GROUP or OPEN, group))
    if self.run.podman.rootless then give_to_group(self, path) end
    self.limits[name] = limit and { path = path, bytes = limit, text = of.sizeLimit }
    return { source = path, folder = true }
  end
  local id = ("moonstep-%s-%d-%s"):format(self.run.folder.id, self.run.attempt, name)
  local group = group_of(self)
  local options = ("mode=%s%s%s"):format(group and "2777" or "0777",
    limit and (",nr_blocks=%d"):format((limit + PAGE - 1) // PAGE) or "", group and (",gid=%d"):format(group) or "")
  local what = "the volume " .. name
  self.memory[#self.memory + 1] = id
  succeed(self.run.podman:call { "volume", "create", "--label", folder.LABEL .. "=" .. self.run.folder.id, "--opt", "type=tmpfs", "--opt",
    "device=tmpfs", "--opt", "o=" .. options, id }, what)
  local at = succeed(self.run.podman:unshared { "podman", "volume", "mount", id }, what) -- stays when no step uses it
  return { source = id, place = at.out:match "%S+", folder = true }
end

function kinds.hostPath(self, of, name)
  if of.type == "DirectoryOrCreate" then
    succeed(self.run.podman:unshared { "mkdir", "-p", of.path }, "the hostPath of the volume " .. name)
  elseif of.type == "FileOrCreate" then
    self.pod:refuse("hostPath.type of the volume " .. name, "make the file beforehand, and say File")
  end
  return { source = of.path, of_host = true }
end

-- It is mounted by its place: by its name, podman would give it to the user of the first container. All may write into a new one.
function kinds.persistentVolumeClaim(self, of)
  local id = ("moonstep-%s-%s"):format(self.pod.namespace, of.claimName)
  local it, what = self.run.podman, "the claim " .. of.claimName
  local find = { "volume", "inspect", "--format", "{{.Mountpoint}}", id }
  local found = it:call(find)
  if found.code ~= 0 then
    succeed(it:call { "volume", "create", "--label", ("moonstep.claim=%s/%s"):format(self.pod.namespace, of.claimName), id }, what)
    found = succeed(it:call(find), what)
    succeed(it:unshared { "chmod", "0777", found.out:match "[^\n]+" }, what)
  end
  local place = found.out:match "[^\n]+"
  give_to_group(self, place, of.readOnly)
  return { source = place, read_only = of.readOnly }
end

-- --- volumes of files

-- Puts files into a list: what `items` names of the keys, or all of them.
local function pick(self, into, keys, of, path, default)
  if not keys then return end
  if not of.items then
    for _, key in ipairs(self.pod.sorted(keys)) do into[#into + 1] = { key, keys[key], default } end
    return
  end
  for i, item in ipairs(of.items) do
    local at = ("%s.items[%d]"):format(path, i - 1)
    if not keys[item.key] and not of.optional then self.pod:refuse(at, ("there is no key %s"):format(tostring(item.key))) end
    if keys[item.key] then into[#into + 1] = { item.path, keys[item.key], item.mode or default, at } end
  end
end

local parts = {}

function parts.secret(self, into, of, path, default)
  pick(self, into, self.pod:keys("Secret", of.secretName or of.name, of.optional, path), of, path, of.defaultMode or default)
end

function parts.configMap(self, into, of, path, default)
  pick(self, into, self.pod:keys("ConfigMap", of.name, of.optional, path), of, path, of.defaultMode or default)
end

function parts.downwardAPI(self, into, of, path, default)
  for i, item in ipairs(of.items or {}) do
    local at = ("%s.items[%d]"):format(path, i - 1)
    local text = item.fieldRef and fields.field(item.fieldRef, self.pod, at) or fields.resource(item.resourceFieldRef or {}, self.pod, at)
    into[#into + 1] = { item.path, text, item.mode or of.defaultMode or default, at }
  end
end

function parts.projected(self, into, of, path)
  for i, each in ipairs(of.sources or {}) do
    local kind, source = next(each)
    local at = ("%s.sources[%d].%s"):format(path, i - 1, tostring(kind))
    if kind == "projected" or not parts[kind] then self.pod:refuse(at, "only a cluster has it") end
    parts[kind](self, into, source, at, of.defaultMode or FILE)
  end
end

-- A path in a volume, which does not lead out of it.
local function check_path(self, path, at)
  if path == "" or path:sub(1, 1) == "/" or ("/" .. path .. "/"):find("/../", 1, true) or path:find "%z" then
    self.pod:refuse(at, ("the path %q leads out of the volume"):format(path))
  end
end

local function put_files(self, list, name)
  local base, group = ("%s/%s"):format(self.run.folder.private, name), direct_group(self)
  local made = {}
  need(files.make(base, tonumber("0755", 8), group))
  for _, each in ipairs(list) do
    check_path(self, each[1], each[4] or "the volume " .. name)
    local path = base
    for part in each[1]:gmatch "([^/]+)/" do
      path = path .. "/" .. part
      if not made[path] then need(files.make(path, tonumber("0755", 8), group)) end
      made[path] = true
    end
    files.remove(base .. "/" .. each[1]) -- a later source of a projected volume wins
    need(files.put(base .. "/" .. each[1], each[2], group_of(self) and each[3] | GROUP_READS or each[3], group))
  end
  if self.run.podman.rootless then give_to_group(self, base, true) end
  return { source = base, read_only = true, folder = true }
end

for kind in value.pairs(parts) do
  kinds[kind] = function(self, of, name, path)
    local list = {}
    parts[kind](self, list, of, path, FILE)
    return put_files(self, list, name)
  end
end

-- --- all of them

-- The kind of a volume: what stands in it beside its name. None is an emptyDir.
local function kind_of(self, volume, path)
  for kind, of in value.pairs(volume) do
    if kind ~= "name" then
      if not kinds[kind] then self.pod:refuse(path .. "." .. kind, "podman has no such volume") end
      return kind, of
    end
  end
  return "emptyDir", {}
end

-- What a hostPath has to be, as `test` asks.
local TYPES = { [""] = "-e", Directory = "-d", File = "-f", Socket = "-S", CharDevice = "-c", BlockDevice = "-b" }

local checks = {}

function checks.hostPath(self, of, _, path)
  local test = TYPES[of.type or ""]
  if test and self.run.podman:unshared({ "test", test, tostring(of.path) }).code ~= 0 then
    self.pod:refuse(path, ("there is no %s on this machine%s"):format(tostring(of.path), of.type and ", or it is no " .. of.type or ""))
  end
end

-- The paths of the files that it will have, and of the folders above them.
local function check_files(kind)
  return function(self, of, name, path)
    local list, known = {}, {}
    parts[kind](self, list, of, path, FILE)
    for _, each in ipairs(list) do
      check_path(self, each[1], each[4] or "the volume " .. name)
      for stop in each[1]:gmatch "()/" do known[each[1]:sub(1, stop - 1)] = true end
      known[each[1]] = true
    end
    return known
  end
end

for kind in value.pairs(parts) do checks[kind] = check_files(kind) end

-- The volume of a mount: its entry in `named`.
local function volume_of(self, named, mount, at)
  if type(mount.mountPath) ~= "string" or mount.mountPath:find ":" then self.pod:refuse(at .. ".mountPath", "it is no path") end
  return named[mount.name] or self.pod:refuse(at .. ".name", ("there is no volume %s"):format(tostring(mount.name)))
end

local function refuse_absent(self, below, at) self.pod:refuse(at .. ".subPath", ("there is no %s in the volume"):format(below)) end

function volumes.check(pod, podman)
  local self, named = { pod = pod, run = { podman = podman } }, {}
  for i, volume in ipairs(pod.spec.volumes or {}) do
    local path = ("spec.template.spec.volumes[%d]"):format(i - 1)
    local kind, of = kind_of(self, volume, path)
    named[volume.name] = { files = checks[kind] and checks[kind](self, of, volume.name, path .. "." .. kind) }
  end
  for _, step in ipairs(pod.steps) do
    for i, mount in ipairs(step.container.volumeMounts or {}) do
      local at = ("%s.volumeMounts[%d]"):format(step.path, i - 1)
      local known, below = volume_of(self, named, mount, at).files, mount.subPath
      if known and not value.is_empty(below) and not known[below:gsub("/+$", "")] then refuse_absent(self, below, at) end
    end
  end
end

function volumes.make(pod, run)
  local self = setmetatable({ pod = pod, run = run, named = {}, limits = {}, memory = {} }, Volumes)
  for i, volume in ipairs(pod.spec.volumes or {}) do
    local path = ("spec.template.spec.volumes[%d]"):format(i - 1)
    local kind, of = kind_of(self, volume, path)
    self.named[volume.name] = kinds[kind](self, of, volume.name, path .. "." .. kind)
  end
  return self
end

local PROPAGATION = { HostToContainer = "rslave", Bidirectional = "rshared" }

-- What is mounted of a volume. Containers may have put links into it: none is followed.
local function source_of(self, volume, below, mount_path)
  if not below or below == "" then return volume.source end
  local path = mount_path .. ".subPath"
  check_path(self, below, path)
  local at = volume.place or volume.source
  for part in below:gmatch "[^/]+" do
    at = at .. "/" .. part
    local kind, why = files.kind(at)
    if kind == "link" then self.pod:refuse(path, ("%s is a link, which may lead anywhere"):format(below)) end
    if not kind and why then self.pod:refuse(path, why) end
    if not kind then
      if volume.read_only or volume.of_host then refuse_absent(self, below, mount_path) end
      local made = files.make(at, group_of(self) and OPEN_TO_GROUP or OPEN, direct_group(self))
      if not made then succeed(self.run.podman:unshared { "mkdir", "-m", "0777", at }, path) end
    end
  end
  return at
end

-- values: the container's environment, for subPathExpr.
function Volumes:mounts(container, path, values)
  local words = {}
  for i, mount in ipairs(container.volumeMounts or {}) do
    local at = ("%s.volumeMounts[%d]"):format(path, i - 1)
    local volume = volume_of(self, self.named, mount, at)
    local below = mount.subPathExpr and expand(mount.subPathExpr, values) or mount.subPath
    local source = source_of(self, volume, below, at)
    local options = { (mount.readOnly or volume.read_only) and "ro" or "rw", PROPAGATION[mount.mountPropagation] }
    words[#words + 1] = ("%s:%s:%s"):format(source, mount.mountPath:sub(1, 1) == "/" and mount.mountPath or "/" .. mount.mountPath,
      table.concat(options, ","))
  end
  return words
end

-- --- while it runs, and behind it

function Volumes:over()
  for _, name in ipairs(self.pod.sorted(self.limits)) do
    local limit = self.limits[name]
    if files.usage(limit.path) > limit.bytes then return name, limit.text end
  end
end

function Volumes:drop() folder.drop_volumes(self.run.podman, self.memory) end

return volumes
