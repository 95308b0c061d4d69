-- Reading objects of any shape: what is missing or of another type is passed over, so that a rule never fails on it. What is of another
-- type is said once, by kubernetes/type.
local read = {}

local nothing = {}

-- Objects are views, which Lua may call userdata.
local function is_type_of_table(kind) return kind == "table" or kind == "userdata" end

-- True for maps and lists.
local function is_table(v) return is_type_of_table(type(v)) end
read.is_table = is_table

-- The map or list below the keys, or nil. Of anything else only its type is looked at.
function read.table(part, ...)
  for i = 1, select("#", ...) do
    local key = select(i, ...)
    if not is_table(part) or not is_type_of_table(ask(part, key, type)) then return nil end
    part = part[key]
  end
  return is_table(part) and part or nil
end

-- for key in read.keys(part): the keys of a map or list. The values are not looked at.
function read.keys(part)
  local keys, i = k8s.keys(part), 0
  return function()
    i = i + 1
    return keys[i]
  end
end

-- The string below a key, or nil. The rule runs again for each other string: only for what objects have in common.
function read.string(part, key)
  local v = is_table(part) and part[key]
  return type(v) == "string" and v or nil
end

-- The integer below a key, or nil.
function read.integer(part, key)
  local v = is_table(part) and part[key]
  return math.type(v) == "integer" and v or nil
end

-- True when part[key] is the boolean true.
function read.is_true(part, key) return is_table(part) and part[key] == true end

-- True when part[key] is the boolean false.
function read.is_false(part, key) return is_table(part) and part[key] == false end

-- Whether part[key] is absent, without a look at its value.
function read.is_absent(part, key) return not is_table(part) or ask(part, key, type) == "nil" end

-- For `ask`: whether it is absent or as good as that, as a Go program sees it.
local function is_empty(v) return v == nil or v == "" end

-- True when part[key] is absent, an empty string or an empty list or map.
function read.is_empty(part, key)
  if is_type_of_table(ask(part, key, type)) then return #k8s.keys(part[key]) == 0 end
  return ask(part, key, is_empty)
end

-- for i, item in read.items(pod, "volumes"): the maps and lists in a list.
function read.items(part, key)
  local list = read.table(part, key) or nothing
  local i, last = 0, #list
  return function()
    while i < last do
      i = i + 1
      local item = list[i]
      if is_table(item) then return i, item end
    end
  end
end

-- The items of a list whose text below the field an earlier one had; an empty text is none. `seen` is for several lists in which texts must
-- differ.
function read.repeated(part, list, field, seen)
  local repeated = {}
  seen = seen or {}
  for _, item in read.items(part, list) do
    local text = read.string(item, field)
    if text and text ~= "" then
      if seen[text] then repeated[#repeated + 1] = item end
      seen[text] = true
    end
  end
  return repeated
end

-- for i, text, list in read.strings(requirement, "values"): the strings in a list.
function read.strings(part, key)
  local list = read.table(part, key) or nothing
  local i, last = 0, #list
  return function()
    while i < last do
      i = i + 1
      local item = list[i]
      if type(item) == "string" then return i, item, list end
    end
  end
end

-- The names that a list's items have under a key, as a set.
function read.names(part, key, field)
  local names = {}
  for _, item in read.items(part, key) do
    local name = item[field or "name"]
    if type(name) == "string" then names[name] = true end
  end
  return names
end

-- The keys of a part that are set, out of a list of keys.
function read.present(part, keys)
  local present = {}
  for _, key in ipairs(keys) do
    if not read.is_absent(part, key) then present[#present + 1] = key end
  end
  return present
end

return read
