-- What the catalogue has by a name, and the params that it takes, from the tables that the Functions are made of.
local all = require "catalog.all"

local params = {}

-- Adds an entry's Functions, and itself, each once.
local function add(found, seen, entry)
  for _, of in ipairs(entry.steps and all.functions(entry) or {}) do add(found, seen, of) end
  local id = entry.object.kind .. " " .. entry.object.metadata.name
  if not seen[id] then
    seen[id] = true
    found[#found + 1] = entry
  end
end

-- named(name of a system, a Task or a Function) -> its entries, those that a Task needs among them and before it; nil when there are none
function params.named(name)
  local found, seen = {}, {}
  for _, system in ipairs(all.systems) do
    if system == name then
      for _, entry in ipairs(all.entries(system)) do add(found, seen, entry) end
      return found
    end
  end
  for _, kind in ipairs { "Task", "Function" } do
    local entry = all.find(kind, name)
    if entry then add(found, seen, entry) end
  end
  return found[1] and found
end

-- everything() -> all entries, each once
function params.everything()
  local found, seen = {}, {}
  for _, system in ipairs(all.systems) do
    for _, entry in ipairs(all.entries(system)) do add(found, seen, entry) end
  end
  for _, entry in ipairs(all.entries "common") do add(found, seen, entry) end
  return found
end

-- of(entries) -> their params, each once: { name, default, summary }. A default that differs from version to version is shown as `…`.
function params.of(entries)
  local list, by_name = {}, {}
  for _, entry in ipairs(entries) do
    for _, param in ipairs(entry.params or {}) do
      local known = by_name[param.name]
      if not known then
        known = { name = param.name, default = param.default, summary = param.summary }
        by_name[param.name] = known
        list[#list + 1] = known
      elseif known.default ~= param.default then known.default = "…" end
    end
  end
  return list
end

return params
