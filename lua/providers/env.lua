-- The provider `env`: variables from the environment, switched on in moonstep.yaml:
--
--   providers:
--     env:
--       names: [DB_*, REGION]     which variables it may answer
--       prefix: SITE_             the environment's names start with this (default: nothing)
--       secret: [DB_PASSWORD]     which of the variables are secret, or globs with *

local prefix = settings.prefix or ""

-- Globs as patterns of Lua.
local patterns = {}
for i, glob in ipairs(settings.secret or {}) do patterns[i] = "^" .. glob:gsub("%W", "%%%0"):gsub("%%%*", ".*") .. "$" end

local function is_secret(name)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

provider "env" {
  summary = "variables from the environment",
  variables = settings.names or {},
  resolve = function(name)
    local value = env.get(prefix .. name)
    return is_secret(name) and secret(value) or value
  end,
}
