-- The provider `env`: variables from the environment, switched on in moonstep.yaml:
--
--   providers:
--     env:
--       names: [DB_*, REGION]     which variables it may answer
--       prefix: SITE_             the environment's names start with this (default: nothing)
--       secret: [DB_PASSWORD]     which of the variables are secret, or globs with *; env.get gives them to no script otherwise

local prefix = settings.prefix or ""

provider "env" {
  summary = "variables from the environment",
  variables = settings.names or {},
  secret = settings.secret,
  resolve = function(name) return env.get(prefix .. name) end,
}
