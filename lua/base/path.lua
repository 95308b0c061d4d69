-- Paths into objects, as users write them: spec.template.spec.containers[0].image; a key with dots stands in ["…"]. Items of lists count
-- from 0 in the text. In Lua a path is the list of its keys, where items count from 1.
local view = require "engine.view"

local path = {}

-- parse(text) -> keys, or nil when it is no path
function path.parse(text)
  local keys, at = {}, 1
  while at <= #text do
    local stop, found = select(2, text:find('^%.?([^%.%[%]"]+)', at))
    if not stop then
      stop, found = select(2, text:find("^%[(%d+)%]", at))
      found = found and math.tointeger(found)
      found = found and found + 1
    end
    if not stop then stop, found = select(2, text:find('^%["([^"]*)"%]', at)) end
    if not found then return nil end
    keys[#keys + 1] = found
    at = stop + 1
  end
  return keys[1] and keys
end

-- text(keys) -> the path as users write it
function path.text(keys)
  local out = {}
  for _, key in ipairs(keys) do
    if math.type(key) == "integer" then out[#out + 1] = ("[%d]"):format(key - 1)
    elseif tostring(key):find '[%.%[%]"]' or key == "" then out[#out + 1] = ('["%s"]'):format(key)
    else out[#out + 1] = (#out > 0 and "." or "") .. key end
  end
  return table.concat(out)
end

-- follow(table, keys) -> the table and key that the path leads to, or nil where something on the way is missing
function path.follow(t, keys)
  for i = 1, #keys - 1 do
    t = type(t) == "table" and t[keys[i]]
    if not t then return nil end
  end
  local last = keys[#keys]
  if type(t) == "table" and t[last] ~= nil then return t, last end
end

local function find(t, part, keys, seen)
  if t == part then return true end
  seen[t] = true
  for key, below in pairs(t) do
    local v = view.part(below)
    if type(v) == "table" and not seen[v] then
      keys[#keys + 1] = key
      if find(v, part, keys, seen) then return true end
      keys[#keys] = nil
    end
  end
  return false
end

-- find(root, part) -> the keys that lead from one table to another inside it, also where a view stands for one, or nil
function path.find(root, part)
  local keys = {}
  return find(root, part, keys, {}) and keys or nil
end

return path
