-- Volumes, mounts and claims of a target: scratch space, interim data, the local backend, and the claims that a restore makes.
local diag = require "base.diag"
local names = require "templates.names"
local place = require "base.place"
local quantity = require "base.quantity"
local settings = require "templates.settings"
local value = require "base.value"

local volumes = {}

local SCRATCH, SCRATCH_PATH = "stash-tmp-dir", "/stash-tmp"
local INTERIM, INTERIM_PATH = "stash-interim-volume", "/stash-interim-volume"
local LOCAL = "stash-local"

local function present(v)
  if not value.is_empty(v) then return v end
end

-- The scratch volume is put into an emptyDir of its name; another volume of that name is a mistake.
local function put_scratch(all, resolver)
  local scratch
  for _, volume in ipairs(all) do
    if volume.name == SCRATCH then
      if not volume.emptyDir then
        diag.raise { rule = "scratch-volume", message = ("the volume %s must be an emptyDir"):format(SCRATCH),
          place = place.of(volume) }
      end
      scratch = volume
    end
  end
  if not scratch then
    scratch = { name = SCRATCH, emptyDir = {} }
    all[#all + 1] = scratch
  end
  local temp = resolver.target.spec.tempDir or {}
  scratch.emptyDir.medium = present(temp.medium)
  scratch.emptyDir.sizeLimit = temp.sizeLimit
end

-- The volume of the claim for interim data, or nil when none is asked for.
function volumes.interim(resolver)
  local claim = volumes.interim_claim(resolver)
  return claim and { name = INTERIM, persistentVolumeClaim = { claimName = claim.metadata.name } }
end

-- A local backend is a volume of the Pod, which the original does not mount. Returns it and its mount, or nil.
local function local_backend(resolver)
  local backend = not resolver.accidents and resolver.repository and value.get(resolver.repository.value, "spec", "backend", "local")
  if not backend then return nil end
  local volume = value.copy(backend)
  local mount = { name = LOCAL, mountPath = volume.mountPath, subPath = present(volume.subPath) }
  volume.name, volume.mountPath, volume.subPath = LOCAL, nil, nil
  return volume, present(mount.mountPath) and mount
end

-- The volumes of the claims that a restore makes, when they are to be mounted: named like the claim without the replica's number.
local function claimed(resolver)
  local all = {}
  if value.is_empty(resolver.described.volumeMounts) then return all end
  for i, claim in ipairs(resolver.claims or {}) do
    local suffix = "-" .. resolver.target.ordinal
    local name = claim.metadata.name
    if name:sub(-#suffix) == suffix then name = name:sub(1, -#suffix - 1) end
    all[i] = { name = name, persistentVolumeClaim = { claimName = claim.metadata.name } }
  end
  return all
end

-- An emptyDir without sizeLimit gets that of the option: it could fill its node.
local function bound(all, size)
  if size ~= "" and not quantity(size) then
    diag.raise { rule = "bad-option", message = ("the option scratchSize must be a quantity such as 5Gi, not %q"):format(size) }
  end
  for _, volume in ipairs(all) do
    if volume.emptyDir and not volume.emptyDir.sizeLimit and size ~= "" then volume.emptyDir.sizeLimit = size end
  end
  return all
end

-- The Pod's volumes: the Task's, scratch, interim data, the local backend, claims. Those of one name fall together.
function volumes.all(resolver, of_task)
  local all = value.copy(of_task or {})
  put_scratch(all, resolver)
  all[#all + 1] = volumes.interim(resolver)
  all[#all + 1] = (local_backend(resolver))
  for _, volume in ipairs(claimed(resolver)) do all[#all + 1] = volume end
  local merged = settings.merge_volumes(all, resolver.accidents)
  return resolver.accidents and merged or bound(merged, resolver.options.option.scratchSize)
end

function volumes.mount_scratch(container)
  settings.upsert(container.volumeMounts, { name = SCRATCH, mountPath = SCRATCH_PATH }, "mountPath")
end

-- What every container, hooks included, gets beside its own mounts.
function volumes.mount_shared(containers, resolver)
  local _, backend = local_backend(resolver)
  for _, container in ipairs(containers) do
    if backend then settings.upsert(container.volumeMounts, value.copy(backend), "mountPath") end
    if resolver.target.spec.interimVolumeTemplate then
      settings.upsert(container.volumeMounts, { name = INTERIM, mountPath = INTERIM_PATH }, "mountPath")
    end
    if resolver.claims then
      for _, mount in ipairs(resolver.described.volumeMounts or {}) do
        settings.upsert(container.volumeMounts, value.copy(mount), "mountPath")
      end
    end
  end
end

-- The claim for interim data, or nil.
function volumes.interim_claim(resolver)
  local target = resolver.target
  local template = target.spec.interimVolumeTemplate
  if not template then return nil end
  return { apiVersion = "v1", kind = "PersistentVolumeClaim",
    metadata = { name = names.interim_claim(resolver, value.get(template, "metadata", "name") or ""), namespace = target.namespace,
      ownerReferences = names.owners(resolver) },
    spec = value.copy(template.spec or {}) }
end

-- The claims of a restore's replica, made of the target's templates with POD_ORDINAL as the only variable.
function volumes.restore_claims(resolver)
  local target = resolver.target
  local claims = {}
  for i, template in ipairs(target.spec.target.volumeClaimTemplates) do
    local filled = resolver:expand({ value = template, kind = target.invoker.kind },
      { only = { POD_ORDINAL = tostring(target.ordinal) } })
    if not filled then return nil end
    local metadata = filled.metadata or {}
    claims[i] = { apiVersion = "v1", kind = "PersistentVolumeClaim", spec = filled.spec,
      metadata = { name = metadata.name or "", namespace = present(metadata.namespace) or target.namespace, labels = metadata.labels,
        annotations = metadata.annotations } }
  end
  return claims
end

return volumes
