-- What reports that show objects are told of a target: who it is, the YAML of what was made for it, and where fields of that were written.
local path = require "base.path"
local place = require "base.place"
local value = require "base.value"
local view = require "engine.view"
local write = require "output.write"

-- Calls visit(table, key, keys) for each leaf below a table, in the order of the keys.
local function each_leaf(t, keys, visit)
  t = view.shown(t)
  for _, key in ipairs(value.is_list(t) and {} or value.keys(t)) do
    keys[#keys + 1] = key
    if type(view.part(t[key])) == "table" then each_leaf(t[key], keys, visit) else visit(t, key, keys) end
    keys[#keys] = nil
  end
  for i, item in ipairs(value.is_list(t) and t or {}) do
    keys[#keys + 1] = i
    if type(view.part(item)) == "table" then each_leaf(item, keys, visit) else visit(t, i, keys) end
    keys[#keys] = nil
  end
end

-- The places of an object's fields that stand in a file, as a list of { path, place, words }.
local function provenance_of(object, words)
  local found = {}
  each_leaf(object, {}, function(t, key, keys)
    local at = place.of(t, key)
    if at and at.line then
      found[#found + 1] = { path = path.text(keys), place = ("%s:%d:%d"):format(at.file, at.line, at.column), words = words and words(at) }
    end
  end)
  return found
end

-- The object that a target is about, when it made several: its Job.
local function main_of(objects)
  for _, object in ipairs(objects) do
    if object.kind == "Job" then return object end
  end
  return objects[1]
end

-- seen(target, written, withheld [, words]) -> { origin, name, namespace, kind, object, objects, text, provenance, failed, withheld }:
-- `written` is what was made, as the road has it, nil when the target failed. `origin` is the target as messages name it, `objects` are
-- tables. words(place) says where the values in a field come from (variables.sources).
return function(target, written, withheld, words)
  local origin = target.object
  local told = { origin = origin, name = origin.name, namespace = origin.namespace or target.namespace, kind = origin.kind, objects = {},
    failed = not written, withheld = withheld }
  if (origin.index or 0) > 0 then told.name = ("%s[%d]"):format(told.name, origin.index) end
  if not written then return told end
  local texts = {}
  for i, each in ipairs(written) do
    told.objects[i] = each.object
    texts[i] = write.text(each.object, "yaml")
  end
  local main = main_of(told.objects)
  told.kind, told.object, told.text = main.kind, main.metadata.name, table.concat(texts, "---\n")
  told.provenance = provenance_of(main, words)
  return told
end
