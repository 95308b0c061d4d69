-- Variables of Functions and Tasks, as far as rules need to understand them: which names a text asks for, and what it becomes when step
-- parameters alone are put in.
local read = include "read.lua"

local variables = {}

-- What every backup and restore of an invoker sets, whatever a step's parameters say.
variables.ALWAYS = {}
for name in ([[REPOSITORY_NAME REPOSITORY_NAMESPACE REPOSITORY_PROVIDER REPOSITORY_BUCKET REPOSITORY_PREFIX REPOSITORY_INSECURE_TLS
    MAX_CONNECTIONS TARGET_MOUNT_PATH ENABLE_CACHE INTERIM_DATA_DIR NAMESPACE INVOKER_KIND INVOKER_NAME STASH_DOCKER_REGISTRY
    STASH_DOCKER_IMAGE STASH_IMAGE_TAG LICENSE_APISERVICE PROMETHEUS_PUSHGATEWAY_URL PROMETHEUS_JOB_NAME ADDON_IMAGE]]):gmatch "%S+" do
  variables.ALWAYS[name] = true
end

-- Whether a text asks for variables, `$$` being a plain `$`.
function variables.has(text) return type(text) == "string" and text:gsub("%$%$", ""):find("${", 1, true) ~= nil end

local function collect_text(text, names)
  for name in text:gsub("%$%$", ""):gmatch "%${#?([%w_]+)" do names[name] = true end
end

-- collect(value, set): enters the names that the strings and keys of a value ask for.
function variables.collect(v, names)
  if type(v) == "string" then return collect_text(v, names) end
  v = read.map(v)
  for key, item in pairs(v or {}) do
    if type(key) == "string" then collect_text(key, names) end
    variables.collect(item, names)
  end
end

-- One expression: its value, or nil when the parameters alone do not say.
local function expression(inner, params)
  local name, rest = inner:match "^([%w_]+)(.*)$"
  if not name or variables.ALWAYS[name] then return nil end
  local default = rest:match "^:=(.*)$" or rest:match "^:%-(.*)$" or rest:match "^=(.*)$"
  if rest ~= "" and not default or params[name] == false then return nil end
  return params[name] or default
end

-- fill(text, map of parameters) -> the text with them put in, or nil when it asks for more than that
function variables.fill(text, params)
  local unknown = false
  text = text:gsub("%$%$", "\0")
  text = text:gsub("%${([^{}]*)}", function(inner)
    local v = expression(inner, params)
    if not v then unknown = true end
    return v and v:gsub("%$", "\0") or ""
  end)
  if unknown or text:find("${", 1, true) then return nil end
  return (text:gsub("\0", "$"))
end

-- A step's parameters; of two with one name the last counts. A value that asks for variables itself is not known: it is false.
function variables.params(step)
  local params = {}
  for _, param in read.items(step.params) do
    local name, v = read.text_at(param, "name"), read.at(param, "value")
    if name and (v == nil or type(v) == "string") then params[name] = v or "" end
    if name and variables.has(v) then params[name] = false end
  end
  return params
end

return variables
