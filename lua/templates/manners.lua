-- Where rendering parts from Stash. Each rule stands here twice: `original` as Stash has it, its accidents included, and `mended`. A template
-- that declares `accidents = true` gets the first, every other the second; manners.of(resolver) says which.
--
-- The numbers A1 to A17 are those at the head of templates/job.lua, which tells users what is done instead. The variables among them stand
-- with the others, in variables/stash.lua.
local diag = require "base.diag"
local load = require "engine.load"
local names = require "templates.names"
local place = require "base.place"
local quantity = require "base.quantity"
local value = require "base.value"

local original, mended = {}, {}
local manners = {}

function manners.of(resolver) return resolver.accidents and original or mended end

-- --- names: job_name(resolver [, suffix]), container_name(step), interim_name(resolver, owner's name, template's name)

local function job_prefix(target) return "stash-" .. target.direction end

-- A replica's number is added after cutting, so that the name may get too long (A14).
function original.job_name(resolver, suffix)
  local target = resolver.target
  local name = target.session and names.with_suffix(job_prefix(target), names.without_dots(target.session.name), tostring(target.index))
    or names.cut(names.without_dots(resolver.task.name))
  for _, number in pairs { target.ordinal or false, suffix or false } do
    if number then name = name .. "-" .. number end
  end
  return name
end

-- What tells the Jobs of one session apart, in a name's last part.
local function numbers(target, suffix, always)
  local all = {}
  if always then all[1] = target.index end
  all[#all + 1] = target.ordinal
  all[#all + 1] = suffix
  return all[1] and table.concat(all, "-")
end

function mended.job_name(resolver, suffix)
  local target = resolver.target
  if not target.session then return names.fit(names.without_dots(resolver.task.name), suffix) end
  return names.fit(job_prefix(target) .. "-" .. names.without_dots(target.session.name), numbers(target, suffix, true))
end

-- Containers' names are not cut (A14).
function original.container_name(step) return ("%s-%d"):format(names.without_dots(step.name), step.index) end
function mended.container_name(step) return names.fit(names.without_dots(step.name), tostring(step.index)) end

-- Members of a batch, and replicas of a target, that use the same template share one claim (A10).
function original.interim_name(_, owner, template) return names.cut(owner .. "-" .. template) end
function mended.interim_name(resolver, owner, template)
  local target = resolver.target
  return names.fit(owner .. "-" .. template, numbers(target, nil, target.invoker and target.invoker.kind:find "Batch$"))
end

-- --- owners and labels: has_owner(session), pod_labels(settings of the Pod)

-- An API server refuses an owner without uid.
function original.has_owner() return true end
function mended.has_owner(session) return not value.is_empty(value.get(session.value, "metadata", "uid")) end

-- podLabels do nothing (A7).
function original.pod_labels() return nil end
function mended.pod_labels(given) return value.get(given, "podLabels") end

-- --- settings of containers: put_resources(container, resources), priorities_of_functions, restore_user(container, Pod's settings)

local function take(into, field, given)
  into[field] = value.copy(given[field])
  place.from(into, field, given, field)
end

-- Requests and limits are replaced together, and only when there are limits (A7).
function original.put_resources(container, resources)
  if not resources or value.is_empty(resources.limits) then return end
  local merged = container.resources or {}
  take(merged, "limits", resources)
  merged.requests = nil
  if resources.requests then take(merged, "requests", resources) end
  container.resources = merged
end

-- Where a request is above its limit, which an API server refuses, the one that the invoker did not give is moved to the other.
local function reconcile(merged, moved, fixed)
  if not (merged[moved] and merged[fixed]) then return end
  for _, name in ipairs(value.keys(merged[fixed])) do
    local request, limit = quantity.amount((merged.requests or {})[name]), quantity.amount((merged.limits or {})[name])
    if request and limit and request > limit then take(merged[moved], name, merged[fixed]) end
  end
end

function mended.put_resources(container, resources)
  local given = { limits = not value.is_empty(value.get(resources, "limits")), requests = not value.is_empty(value.get(resources, "requests")) }
  if not given.limits and not given.requests then return end
  container.resources = container.resources or {}
  for _, part in ipairs { "limits", "requests" } do
    if given[part] then take(container.resources, part, resources) end
  end
  if not given.requests then reconcile(container.resources, "requests", "limits") end
  if not given.limits then reconcile(container.resources, "limits", "requests") end
end

-- nice and ionice of a Function do nothing (A7).
original.priorities_of_functions, mended.priorities_of_functions = false, true

-- Stash's own restore runs as root unless the container says otherwise, whatever its Pod says.
function original.restore_user(container)
  local context = { runAsUser = 0, runAsGroup = 0 }
  for field, v in pairs(container.securityContext or {}) do context[field] = v end
  container.securityContext = context
end
function mended.restore_user(container, pod)
  local of_pod, own = value.get(pod, "securityContext") or {}, container.securityContext or {}
  if of_pod.runAsUser == nil and not of_pod.runAsNonRoot and not own.runAsNonRoot then original.restore_user(container) end
end

-- --- volumes: merge_volumes(list)

-- Volumes of equal name fall together into the first, field by field. That may leave two sources in one.
function original.merge_volumes(volumes)
  local merged, by_name = load.list {}, {}
  for _, volume in ipairs(volumes) do
    local first = by_name[volume.name or ""]
    if not first then
      by_name[volume.name or ""] = volume
      merged[#merged + 1] = volume
    else
      for field in pairs(volume) do take(first, field, volume) end
    end
  end
  return merged
end

function mended.merge_volumes(volumes)
  local merged = original.merge_volumes(volumes)
  for _, volume in ipairs(merged) do
    local sources = {}
    for _, field in ipairs(value.keys(volume)) do
      if field ~= "name" and volume[field] ~= value.null then sources[#sources + 1] = field end
    end
    if #sources > 1 then
      diag.raise { rule = "volume-sources", place = place.of(volume), message = ("the volume %s has more than one source: %s"):format(
        volume.name or "", table.concat(sources, ", ")), hint = "give one of them another name" }
    end
  end
  return merged
end

-- --- the target as a whole: check(resolver) raises what is wrong with it

function original.check() end

local COMPUTED = { "REPOSITORY_PROVIDER", "REPOSITORY_BUCKET", "REPOSITORY_PREFIX" }

-- Variables that cannot be computed are an error, whether or not a Function asks for them (A1).
local function check_variables(resolver)
  for _, name in ipairs(COMPUTED) do
    local ok, why = diag.catch(resolver.chain.lookup, resolver.chain, name)
    if not ok then
      why.place = why.place or place.of(resolver.repository.value, "spec")
      diag.raise(why)
    end
  end
end

-- Rules of a restore of which only one can hold (A16).
local function check_rules(rules)
  local general, by_host = nil, {}
  local function clash(rule, first, message)
    diag.raise { rule = "restore-rules", place = place.of(rule), message = message, related = { place = place.of(first),
      message = "the other rule" } }
  end
  for _, rule in ipairs(rules) do
    if value.is_empty(rule.targetHosts) then
      if general then clash(rule, general, "two rules without targetHosts: only one can hold") end
      general = rule
    end
    for _, host in ipairs(rule.targetHosts or {}) do
      local first = by_host[host]
      if first and first ~= rule then clash(rule, first, ("two rules for the host %s: only one can hold"):format(host)) end
      by_host[host] = rule
    end
  end
end

function mended.check(resolver)
  if not resolver.target.invoker then return end
  check_variables(resolver)
  check_rules(resolver.described.rules or {})
end

return manners
