-- moonstep.yaml: what a site switches on. It is found in the working folder or above it, or named with --config.
--
-- config.load returns { file, folder, scripts, policies, template, options, providers, grants, limits, waive }, all of them as in the file
-- but for paths of scripts and policies, which are relative to it unless they are URLs, and limits, which are numbers.
local decode = require "documents.decode"
local diag = require "base.diag"
local files = require "engine.files"
local grants = require "scripts.grants"
local load = require "engine.load"
local place = require "base.place"
local remote = require "scripts.remote"
local value = require "base.value"

local config = {}

local NAME = "moonstep.yaml"

-- The path of the folder above one, both with a slash behind them; "" is the working folder.
local function above(folder)
  if folder == "" or folder:find "%.%./$" then return folder .. "../" end
  return folder:match "^(.*/)[^/]+/$" or ""
end

-- The file in the folder or the nearest one above it, or nil.
local function find_upwards(folder)
  local full = files.absolute(grants.as_path(folder))
  while full do
    if files.exists(folder .. NAME) then return folder .. NAME end
    if full == "/" then return nil end
    full = full:match "^(.+)/[^/]*$" or "/"
    folder = above(folder)
  end
end

local UNITS = { ms = 1, s = 1000, m = 60000 }

-- "2s" or "500ms" in milliseconds, or nil
local function duration(text)
  local number, unit = text:match "^(%d+%.?%d*)(%a+)$"
  return number and UNITS[unit] and math.floor(tonumber(number) * UNITS[unit])
end

local SIZES = { [""] = 1, k = 1000, M = 10 ^ 6, G = 10 ^ 9, Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30 }

-- "64Mi" in bytes, or nil
local function size(text)
  local number, unit = tostring(text):match "^(%d+%.?%d*)(%a*)$"
  return number and SIZES[unit] and math.floor(tonumber(number) * SIZES[unit])
end

-- For each limit: how it is read, what it looks like, and the most that it may be.
local READERS = {
  memory = { size, "a size such as 64Mi", 2 ^ 40 },
  cpu = { duration, "a time such as 2s", 86400000 },
  wall = { duration, "a time such as 3s", 86400000 },
  rows = { math.tointeger, "a number such as 1000000", 10 ^ 9 },
}

local function read_limits(given)
  local limits = {}
  for name, reader in pairs(READERS) do
    local text = given[name]
    limits[name] = text and reader[1](text)
    if text and ((limits[name] or 0) <= 0 or limits[name] > reader[3]) then
      diag.raise { rule = "bad-config", place = place.of(given, name),
        message = ("limits.%s must be %s, not %q"):format(name, reader[2], text) }
    end
  end
  return limits
end

-- The value of a configuration file, checked. Problems are raised.
local function read(path)
  local bytes, problem = files.read(path)
  local source, reader, v
  if bytes then source, problem = load.source(bytes, path) end
  if source then reader, problem = load.reader(source) end
  if reader then v, problem = load.next(reader) end
  if v == nil and type(problem) == "table" then
    diag.raise { rule = problem.id, message = problem.message, place = problem.line and { file = path, source = source, line = problem.line,
      column = problem.column, end_line = problem.line, end_column = problem.column + 1 } }
  end
  if v == nil or v == value.null then v = {} end
  if type(v) ~= "table" or value.is_list(v) then
    diag.raise { rule = "bad-config", message = "it must be a map, and is " .. value.describe(v), place = { file = path } }
  end
  local why
  decode.object(v, "Config", NAME, function(d) why = why or d end)
  if why then
    why.object = nil
    diag.raise(why)
  end
  return v
end

local function empty()
  return { scripts = {}, policies = {}, limits = {}, providers = {}, waive = {}, options = {}, grants = {}, folder = "" }
end

-- load(path or nil [, from]) -> configuration; with nil, of the file that is found in that folder (the working folder) or above it,
-- and an empty one when there is none.
function config.load(path, from)
  path = path or find_upwards(from or "")
  if not path then return empty() end
  local v = read(path)
  local folder = grants.folder_of(path)
  local function from_here(named) return (named:sub(1, 1) == "/" or remote.is_url(named)) and named or folder .. named end
  local scripts, policies = {}, {}
  for i, script in ipairs(v.scripts or {}) do scripts[i] = from_here(script) end
  for i, policy in ipairs(v.policies or {}) do policies[i] = require "scripts.packs".is_path(policy) and from_here(policy) or policy end
  return { file = path, folder = folder, scripts = scripts, policies = policies, template = v.template, options = v.options or {},
    providers = v.providers or {},
    grants = v.grants or {}, limits = read_limits(v.limits or {}), waive = v.waive or {} }
end

-- without_scripts(configuration) -> the same, but for its scripts and policies: for those who load others under its grants and options
function config.without_scripts(site)
  local copy = {}
  for name, v in pairs(site) do copy[name] = v end
  copy.scripts, copy.policies, copy.partial = {}, {}, true
  return copy
end

return config
