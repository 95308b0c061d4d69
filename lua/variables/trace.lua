-- Where values came from: a record of each use of a variable while targets are resolved, for `moonstep explain`.
local place = require "base.place"
local secret = require "engine.secret"

local trace = {}

local Trace = {}
Trace.__index = Trace

-- Notes one use; what variables.resolve calls for each reference.
function Trace:note(resolver, reference, step, within)
  local object = resolver.target.object
  local id = ("%s %s/%s[%d]"):format(object.kind, object.namespace or "", object.name, object.index)
  local target = self.by_id[id]
  if not target then
    target = { object = object, names = {}, by_name = {} }
    self.by_id[id] = target
    self.targets[#self.targets + 1] = target
  end
  local entry = target.by_name[reference.name]
  if not entry then
    entry = { name = reference.name, groups = {} }
    target.by_name[reference.name] = entry
    target.names[#target.names + 1] = reference.name
  end
  local sources = resolver.chain:trace(reference.name, step)
  for _, source in ipairs(sources) do
    source.secret = secret.is(source.value) or nil
    if source.secret then source.value = "***" end
  end
  local first = sources[1]
  -- uses with the same answer from the same source stand together
  local key = first and ("%s\0%s\0%s"):format(tostring(first.value), first.what, first.place and first.place.line or "") or ""
  local group = entry.groups[key]
  if not group then
    group = { sources = sources, uses = {} }
    entry.groups[key] = group
    entry.groups[#entry.groups + 1] = group
  end
  table.insert(group.uses, { place = place.inside(reference), within = within, optional = reference.optional })
end

-- new() -> a record, and the function to give to the road
function trace.new()
  local self = setmetatable({ targets = {}, by_id = {} }, Trace)
  return self, function(...) return self:note(...) end
end

return trace
