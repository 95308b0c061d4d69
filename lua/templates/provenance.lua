-- Where a field of a made object comes from when the template put it into a table of its own, which has no places.
--
-- Values are followed as far as they can be: within the container of a step, to the field of its Function that has the same value, under
-- the same key if there is one; elsewhere, to such a field of the Task, the Functions and the invoker, if it is the only one. What is
-- found nowhere belongs to the Function of its container, else to the Task or what describes the target.
local names = require "templates.names"
local place = require "base.place"
local secret = require "engine.secret"
local value = require "base.value"

-- Calls visit(table, key, v) for each leaf below a table.
local function walk(t, visit)
  for key, v in pairs(t) do
    if type(v) == "table" then walk(v, visit) else visit(t, key, v) end
  end
end

-- The place of the one leaf below the tables that has the value: under the same key if some have that, or else under any. nil when
-- there are none or several.
local function find(tables, key, v)
  local same, other = {}, {}
  for _, t in ipairs(tables) do
    walk(t, function(at, at_key, found)
      if found == v then table.insert(at_key == key and same or other, { at, at_key }) end
    end)
  end
  local found = #same > 0 and same or other
  return #found == 1 and place.of(found[1][1], found[1][2]) or nil
end

-- The step whose container the keys go through, or nil.
local function step_of(resolver, root, keys)
  local t = root
  for _, key in ipairs(keys) do
    t = type(t) == "table" and t[key]
    for _, step in ipairs(type(t) == "table" and type(t.name) == "string" and resolver.steps or {}) do
      if t.name == names.container(step, resolver.accidents) then return step end
    end
  end
end

local function sources_of(resolver)
  local sources = { resolver.expanded, resolver.target.spec }
  for _, step in ipairs(resolver.steps or {}) do sources[#sources + 1] = step.value end
  return sources
end

local function is_telling(v) return type(v) == "string" and v ~= "" or math.type(v) == "integer" and v > 1 or secret.is(v) end

-- provenance(resolver) -> a function of an object and the keys of a field in it that returns a place, or nil
return function(resolver)
  return function(root, keys)
    local t = root
    for i = 1, #keys - 1 do t = type(t) == "table" and t[keys[i]] end
    local key = keys[#keys]
    local v = type(t) == "table" and key ~= nil and t[key] or nil
    local step = step_of(resolver, root, keys)
    local found = step and is_telling(v) and find({ step.value }, key, v) or is_telling(v) and find(sources_of(resolver), key, v)
    if found then return found end
    if step then return place.of(step.value.metadata, "name") end
    local invoker = resolver.target.invoker
    if invoker then return place.of(invoker.value.metadata, "name") end
    return resolver.expanded and place.of(resolver.expanded, "metadata") and place.of(value.get(resolver.expanded, "metadata"), "name")
  end
end
