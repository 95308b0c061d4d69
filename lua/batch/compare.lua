-- What differs between two runs of a batch, by target and field.
--
--   old manifest ─┐                                    ┌─ removed, added
--                 ├─▶ targets of the same name ─▶ pairs ┤
--   new manifest ─┘                                    └─ other bytes ─ objects ─▶ fields
--
-- The manifests are read side by side. A target whose like has not come yet waits for it; where both runs had their rows in the same
-- order, hardly any does, so that memory does not grow with their number.
local base_path = require "base.path"
local emit = require "engine.emit"
local engine = require "engine.out"
local load = require "engine.load"
local manifest = require "batch.manifest"
local value = require "base.value"

local compare = {}

local emitter = emit.new {}

-- A function that returns the next target of a manifest, with `at`, where its text begins in its file; nil at the end.
local function reader(file, after)
  local next_line, last, at = manifest.lines(file, after), nil, 0
  return function()
    local line = next_line()
    local target = line and manifest.read(line)
    if not target then return nil end
    if target.file and target.size then
      if target.file ~= last then last, at = target.file, 0 end
      target.at, at = at, at + target.size
    end
    return target
  end
end

-- --- objects

-- The objects of a target, as a list; nil and a diagnostic where they cannot be read.
local function objects_of(folder, target)
  local path = folder .. "/" .. target.file
  local file, problem = engine.file(path)
  local text = file and file:read(target.at or 0, target.size or file:size())
  if file then file:close() end
  local source, reading
  if text then source, problem = load.source(text, path) end
  if source then reading, problem = load.reader(source) end
  local objects = {}
  while reading do
    local document
    document, problem = load.document(reading)
    if not document then break end
    objects[#objects + 1] = load.root(document)
  end
  if not problem then return objects end
  return nil, { rule = problem.id, severity = "error", trouble = true, message = problem.message, place = { file = path } }
end

local function id_of(object)
  local metadata = type(object) == "table" and object.metadata or {}
  return ("%s %s/%s"):format(tostring(object.kind), tostring(metadata.namespace or ""), tostring(metadata.name))
end

-- --- fields

-- What holds the values of a Secret; they are compared, and not told.
local function is_hidden(object, keys) return object.kind == "Secret" and (keys[1] == "data" or keys[1] == "stringData") end

local function text_of(v, hidden)
  if v == nil then return nil end
  return hidden and '"***"' or (emitter:json(v))
end

local function keys_of(a, b)
  local keys = {}
  for key in value.pairs(a) do keys[#keys + 1] = key end
  for key in value.pairs(b) do
    if a[key] == nil then keys[#keys + 1] = key end
  end
  return keys
end

-- Adds a field { path, old, new } for every value that differs below the keys.
local function add_fields(fields, object, a, b, keys)
  if a == b then return end
  if type(a) == "table" and type(b) == "table" and a ~= value.null and b ~= value.null and value.is_list(a) == value.is_list(b) then
    for _, key in ipairs(keys_of(a, b)) do
      keys[#keys + 1] = key
      add_fields(fields, object, a[key], b[key], keys)
      keys[#keys] = nil
    end
    return
  end
  local hidden = is_hidden(object, keys)
  fields[#fields + 1] = { path = base_path.text(keys), old = text_of(a, hidden), new = text_of(b, hidden) }
end

-- Adds what differs between the objects of a target: fields of those that both have, and whole objects. `object` of a field says whose it
-- is, where the target has several.
local function fields_of(old, new)
  local fields, others = {}, {}
  for _, object in ipairs(new) do others[id_of(object)] = object end
  local several = #old > 1 or #new > 1
  local function add(object, own)
    for _, field in ipairs(own) do
      field.object = several and id_of(object) or nil
      fields[#fields + 1] = field
    end
  end
  if not several and id_of(old[1]) ~= id_of(new[1]) then others[id_of(old[1])] = new[1] end -- the one object has another name
  for _, object in ipairs(old) do
    local other, own = others[id_of(object)], {}
    if other then add_fields(own, object, object, other, {}) else own = { { path = "", old = id_of(object) } } end
    add(object, own)
    others[id_of(object)] = nil
  end
  for _, object in ipairs(new) do
    if several and others[id_of(object)] then add(object, { { path = "", new = id_of(object) } }) end
  end
  return fields
end

-- --- targets

-- What became of a target: a change, nil when nothing did; nil and a diagnostic where that cannot be told.
local function change_of(old, new, folders)
  if old.status == new.status and old.sha256 == new.sha256 then return nil end
  local change = { change = "changed", who = new.who, index = new.index, fields = {} }
  if old.status ~= new.status then change.old, change.new = old.status, new.status end
  if old.sha256 and new.sha256 then
    local a, why = objects_of(folders[1], old)
    local b = a
    if a then b, why = objects_of(folders[2], new) end
    if not b then return nil, why end
    change.fields = fields_of(a, b)
  end
  return change
end

local function by_index(waiting)
  local all = {}
  for _, target in pairs(waiting) do all[#all + 1] = target end
  table.sort(all, function(a, b) return a.index < b.index end)
  return all
end

-- run(old, new, tell) -> counts { added, removed, changed, same } | nil, diagnostic. old and new are paths of folders or of manifests;
-- tell is called with each change { change = "added" | "removed" | "changed", who, index, old, new = statuses where these differ, fields
-- }.
function compare.run(old, new, tell)
  local readers, folders, waiting, counts = {}, {}, { {}, {} }, { added = 0, removed = 0, changed = 0, same = 0 }
  for i, path in ipairs { old, new } do
    local file, after, folder = manifest.open(path)
    if not file then return nil, after end
    readers[i], folders[i] = reader(file, after), folder
  end
  local function pair(a, b)
    local change, why = change_of(a, b, folders)
    if why then return nil, why end
    counts[change and "changed" or "same"] = counts[change and "changed" or "same"] + 1
    if change then tell(change) end
    return true
  end
  local function take(side, target)
    local other = waiting[3 - side]
    local like = other[target.who]
    if not like then
      waiting[side][target.who] = target
      return true
    end
    other[target.who] = nil
    if side == 1 then return pair(target, like) end
    return pair(like, target)
  end
  while true do
    local a, b = readers[1](), readers[2]()
    if not a and not b then break end
    local ok, why = true, nil
    if a and b and a.who == b.who then ok, why = pair(a, b)
    else
      if a then ok, why = take(1, a) end
      if ok and b then ok, why = take(2, b) end
    end
    if not ok then return nil, why end
  end
  for i, name in ipairs { "removed", "added" } do
    for _, target in ipairs(by_index(waiting[i])) do
      counts[name] = counts[name] + 1
      tell { change = name, who = target.who, index = target.index }
    end
  end
  return counts
end

return compare
