-- The systems of the catalogue, and what is there by name. A system's table is read when something of it is asked for.
local make = require "catalog.make"

local all = {}

all.systems = { "postgres", "mysql", "mariadb", "percona-xtradb", "mongodb", "redis", "etcd", "nats", "elasticsearch", "vault", "kubedump",
  "pvc" }

-- system(name) -> its table
function all.system(name) return require("catalog." .. name:gsub("%-", "_")) end

-- Everything that a table gives: make's entries, in the order of the versions.
local function entries_of(system)
  local entries = {}
  for _, version in ipairs(system.versions or { false }) do
    for _, entry in ipairs(make.of(system, version or nil)) do entries[#entries + 1] = entry end
  end
  return entries
end

local made = {}

-- entries(system's name) -> its Functions and Tasks as make gives them; "common" is what all share.
function all.entries(name)
  made[name] = made[name] or (name == "common" and make.common() or entries_of(all.system(name)))
  return made[name]
end

-- Each group of entries whose names may begin like that.
local function groups(name)
  local found = {}
  for _, system in ipairs(all.systems) do
    if name:sub(1, #system + 1) == system .. "-" then found[#found + 1] = system end
  end
  found[#found + 1] = "common"
  return found
end

-- find(kind, name) -> entry | nil
function all.find(kind, name)
  for _, group in ipairs(groups(name)) do
    for _, entry in ipairs(all.entries(group)) do
      if entry.object.kind == kind and entry.object.metadata.name == name then return entry end
    end
  end
end

-- functions(entry of a Task) -> the entries of its Functions, in the order of the steps
function all.functions(task)
  local found = {}
  for i, name in ipairs(task.steps) do found[i] = all.find("Function", name) end
  return found
end

-- names(kind) -> the names of all Functions, or Tasks
function all.names(kind)
  local names = {}
  local function add(group)
    for _, entry in ipairs(all.entries(group)) do
      if entry.object.kind == kind then names[#names + 1] = entry.object.metadata.name end
    end
  end
  for _, system in ipairs(all.systems) do add(system) end
  add "common"
  return names
end

return all
