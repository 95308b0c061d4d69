-- Objects of one name: one of the two would be lost. So it is in the original, where the sessions a.b and a-b have one Job. What several
-- targets make alike may stand once, but not what runs: each of them wants it done.
local place = require "base.place"

local collisions = {}

-- A target in words.
local function target_words(target)
  local object = target.object
  local member = target.invoker and target.invoker.kind:find "Batch$" and (", member %d"):format(target.index) or ""
  local replica = target.ordinal and (", replica %d"):format(target.ordinal) or ""
  local namespace = object.namespace and object.namespace .. "/" or ""
  return ("%s %s%s%s%s"):format(object.kind, namespace, object.name, member, replica)
end

-- Where a target is given: its session's name, or its invoker's.
local function target_place(target)
  for _, entry in ipairs { target.session or target.invoker, target.invoker } do
    local at = place.of(entry.value.metadata, "name")
    if at then return at end
  end
end

-- The finding for an object that was made before; `first` is who made it.
local function finding(each, first, target)
  local who = target_words(first.target)
  who = first.target == target and "twice for " .. who or ("for %s and for %s"):format(who, target_words(target))
  local at, other = target_place(target), target_place(first.target)
  local apart = at and other and (at.file ~= other.file or at.line ~= other.line)
  return { rule = "same-name", place = at, related = apart and { place = other, message = "made for this first" } or nil,
    message = ("%s is made %s%s"):format((each.id:gsub(" /", " ")), who, first.text ~= each.text and ", with different content" or "") }
end

local RUN = { Pod = true, Job = true, CronJob = true }

-- check(resolver, written, makers): reports every object of a target that was made before and may not stand once. `makers` knows for each
-- object who made it first, and learns what the target made.
function collisions.check(resolver, written, makers)
  local own = {}
  for _, each in ipairs(written) do
    local first = own[each.id] or makers[each.id]
    if first and (first.text ~= each.text or RUN[each.object.kind]) then resolver:problem(finding(each, first, resolver.target)) end
    own[each.id] = first or { target = resolver.target, text = each.text }
  end
  for id, maker in pairs(resolver.failed and {} or own) do makers[id] = maker end
end

return collisions
