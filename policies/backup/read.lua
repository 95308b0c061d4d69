-- Reading objects of any shape: what is missing, or of another type than expected, reads as nothing.
local read = {}

-- A map or list, or nil.
function read.map(v)
  local kind = type(v)
  return (kind == "userdata" or kind == "table") and v or nil
end

-- at(value, key, …) -> what the keys lead to, or nil
function read.at(v, ...)
  for i = 1, select("#", ...) do
    v = read.map(v)
    if not v then return nil end
    v = v[(select(i, ...))]
  end
  return v
end

-- A map or list below the keys, or nil.
function read.map_at(v, ...) return read.map(read.at(v, ...)) end

-- A text that is not empty, or nil.
function read.text(v) return type(v) == "string" and v ~= "" and v or nil end

function read.text_at(v, ...) return read.text(read.at(v, ...)) end

-- Iterator over the items of a list and their numbers from 1; of anything else there are none.
function read.items(list)
  local items, i = read.map(list), 0
  local count = items and #items or 0
  return function()
    while i < count do
      i = i + 1
      if items[i] ~= nil then return i, items[i] end
    end
  end
end

-- Whether there is anything in a map or list.
function read.is_empty(v)
  v = read.map(v)
  return not v or pairs(v)() == nil
end

-- Questions for `ask`.
function read.has_text(v) return type(v) == "string" and v ~= "" end

function read.is_given(v) return v ~= nil and v ~= "" end

function read.is_number(v) return type(v) == "number" end

-- --- near misses

-- The number of edits that turn one word into another.
local function distance(a, b)
  local row = {}
  for k = 0, #b do row[k] = k end
  for i = 1, #a do
    local above, corner = row, i - 1
    row = { [0] = i }
    for k = 1, #b do
      row[k] = math.min(above[k] + 1, row[k - 1] + 1, corner + (a:byte(i) == b:byte(k) and 0 or 1))
      corner = above[k]
    end
  end
  return row[#b]
end

local LONGEST = 64 -- letters of names that are compared

-- did_you_mean(name, set of names) -> a hint, or nil when none of them resembles the name
function read.did_you_mean(name, names)
  local best, least = nil, math.max(1, #name // 3) + 1
  for other in pairs(#name <= LONGEST and names or {}) do
    if other ~= name and #other <= LONGEST then
      local edits = distance(name:lower(), other:lower())
      if edits < least then best, least = other, edits end
    end
  end
  return best and ("did you mean %s?"):format(best)
end

-- A glob of names, in which `*` stands for any run of characters.
function read.matches(glob, name)
  return name:find("^" .. glob:gsub("[^%w*]", "%%%0"):gsub("%*", ".*") .. "$") ~= nil
end

-- --- invokers

-- Kinds that say what is backed up or restored, and when.
read.BACKUPS = { "BackupConfiguration", "BackupBatch" }
read.RESTORES = { "RestoreSession", "RestoreBatch" }
read.INVOKERS = { "BackupConfiguration", "BackupBatch", "RestoreSession", "RestoreBatch" }

function read.is_restore(object) return object.kind == "RestoreSession" or object.kind == "RestoreBatch" end

-- Iterator over the parts of an invoker that have a target: its spec, or the members of a batch.
function read.parts(object)
  local spec = read.map_at(object, "spec")
  if object.kind ~= "BackupBatch" and object.kind ~= "RestoreBatch" then
    local done = not spec
    return function()
      if done then return nil end
      done = true
      return spec
    end
  end
  local next_item = read.items(spec and spec.members)
  return function()
    local i, member
    repeat i, member = next_item() until i == nil or read.map(member)
    return member
  end
end

-- "demo/ledger", or the name alone where no namespace is written
function read.name(object)
  local namespace, name = read.text_at(object, "metadata", "namespace"), read.text_at(object, "metadata", "name") or ""
  return namespace and namespace .. "/" .. name or name
end

return read
