-- The parser of the pack `shell`, loaded as the pack loads it: include(path) gives what a file of the pack returns.
local host = require "engine.host"
local shell = dofile "tests/lib/shell.lua"

local FOLDER = "policies/shell/"

local included = {}
local environment = setmetatable({}, { __index = _G })

function environment.include(path)
  if included[path] == nil then included[path] = assert(host.compile(shell.read(FOLDER .. path), "@" .. FOLDER .. path, environment))() end
  return included[path]
end

return environment.include
