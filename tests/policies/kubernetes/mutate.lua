-- The corpus: valid objects (bases.yaml), each with one thing changed, by a table of changes for every kind of value and by the rows of
-- changes.lua. It is the same in every run.
--
--   mutate.all() -> list of { base, path, name, object }: what was changed where, what the change is called, the object with it
local load = require "engine.load"
local path = require "base.path"
local value = require "base.value"

local folder = "tests/policies/kubernetes/"

local mutate = { kind = {} } -- kind: of each base

local function read(file)
  local handle = assert(io.open(folder .. file))
  local text = handle:read "a"
  handle:close()
  return text
end

local function documents(text, name)
  local reader = assert(load.reader(assert(load.source(text, name))))
  local found = {}
  while true do
    local v, why = load.next(reader)
    if v == nil then
      assert(not why, why and ("%s: %s:%s %s"):format(name, why.line, why.column, why.message))
      return found
    end
    found[#found + 1] = v
  end
end

-- A value from its text in YAML.
local function parse(text)
  local found = documents(text, text)
  return found[1]
end

mutate.REMOVE = {}

-- --- changes by kind of value: name, value or function of the old value

local function letters(count) return ("a"):rep(count) end
local function list(...) return value.list { ... } end

local STRINGS = {
  { "number", 7 }, { "list", list "a" }, { "gone", mutate.REMOVE }, { "empty", "" }, { "capital", "A_b" }, { "above", ".." },
  { "absolute", "/abs" }, { "64", letters(64) }, { "254", letters(254) },
}
local INTEGERS = {
  { "string", "seven" }, { "boolean", true }, { "gone", mutate.REMOVE }, { "negative", -1 }, { "zero", 0 }, { "65536", 65536 },
  { "2^31", 1 << 31 }, { "fraction", 1.5 },
}
local BOOLEANS = { { "string", "yes" }, { "number", 1 }, { "gone", mutate.REMOVE }, { "other", function(v) return not v end } }

local function with(map, key, v)
  local copy = value.copy(map)
  copy[key] = v
  return copy
end

-- A map with its first key misspelt.
local function misspelt(map)
  local key = value.keys(map)[1]
  if not key then return nil end
  local copy = value.copy(map)
  copy[key .. "s"], copy[key] = copy[key], nil
  return copy
end

local MAPS = {
  { "string", "text" }, { "list", list "a" }, { "gone", mutate.REMOVE }, { "empty", function() return {} end },
  { "unknown", function(map) return with(map, "unheardOf", "x") end }, { "misspelt", misspelt },
}
local LISTS = {
  { "string", "text" }, { "map", { a = "b" } }, { "gone", mutate.REMOVE }, { "empty", function() return list() end },
  { "twice", function(old) return value.list { value.copy(old[1]), table.unpack(value.copy(old)) } end },
}

local function changes_for(v)
  if type(v) == "string" then return STRINGS end
  if math.type(v) == "integer" then return INTEGERS end
  if type(v) == "boolean" then return BOOLEANS end
  if type(v) == "table" then return value.is_list(v) and LISTS or MAPS end
  error("no changes for this value")
end

-- --- making objects

-- Sets object's value at the path, on the way making maps. Items one behind the end are added.
local function set(object, keys, v)
  local t = object
  for i = 1, #keys - 1 do
    if t[keys[i]] == nil then t[keys[i]] = math.type(keys[i + 1]) == "integer" and value.list {} or {} end
    t = t[keys[i]]
  end
  local key = keys[#keys]
  if v ~= mutate.REMOVE then t[key] = v
  elseif math.type(key) == "integer" then table.remove(t, key)
  else t[key] = nil end
end

local function add(all, base, keys, name, v)
  local object = value.copy(base)
  set(object, keys, v)
  all[#all + 1] = { base = base.metadata.name, path = path.text(keys), name = name, object = object }
end

-- Values that every object has, and nobody doubts.
local LEFT_ALONE = { kind = true, ["metadata.namespace"] = true, metadata = true }

-- The end of a path without the numbers of items: fields of the same name in the same place are changed in one object of a kind only.
local function place_of(base, keys)
  local names = { base.kind }
  for i = #keys, 1, -1 do
    if type(keys[i]) == "string" then table.insert(names, 2, keys[i]) end
    if #names == 4 then break end
  end
  if math.type(keys[#keys]) == "integer" then names[#names + 1] = "item" end
  return table.concat(names, " ")
end

local function each_value(base, t, keys, all, seen)
  for _, key in ipairs(value.keys(t)) do
    keys[#keys + 1] = key
    local v, text = t[key], path.text(keys)
    local place = place_of(base, keys)
    if not LEFT_ALONE[text] and not seen[place] then
      seen[place] = true
      for _, change in ipairs(changes_for(v)) do
        local new = change[2]
        if type(new) == "function" then new = new(v) end
        if new ~= nil then add(all, base, { table.unpack(keys) }, change[1], new) end
      end
    end
    if type(v) == "table" then each_value(base, v, keys, all, seen) end
    keys[#keys] = nil
  end
end

-- The rows of changes.lua: { base, path, value, value … } or { base, { [path] = value, … } }, values as text in YAML.
local function each_row(bases, all)
  for _, row in ipairs(dofile(folder .. "changes.lua")) do
    local base = assert(bases[row[1]], row[1])
    if type(row[2]) == "table" then
      local object, words = value.copy(base), {}
      for _, at in ipairs(value.keys(row[2])) do
        words[#words + 1] = at .. "=" .. row[2][at]
        set(object, assert(path.parse(at), at), parse(row[2][at]))
      end
      all[#all + 1] = { base = row[1], path = table.concat(words, " "), name = "together", object = object }
    else
      for i = 3, #row do
        local v = row[i] == "-" and mutate.REMOVE or parse(row[i])
        local name = row[i]:gsub("\t", "\\t")
        add(all, base, assert(path.parse(row[2]), row[2]), #name > 80 and name:sub(1, 60) .. "…" .. #name or name, v)
      end
    end
  end
end

function mutate.all()
  local all, bases, seen = {}, {}, {}
  for _, base in ipairs(documents(read "bases.yaml", "bases.yaml")) do
    bases[base.metadata.name] = base
    mutate.kind[base.metadata.name] = base.kind
    all[#all + 1] = { base = base.metadata.name, path = "", name = "unchanged", object = value.copy(base) }
    each_value(base, base, {}, all, seen)
  end
  each_row(bases, all)
  return all
end

return mutate
