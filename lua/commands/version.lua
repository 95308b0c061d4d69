-- moonstep version
local host = require "engine.host"
local wall = require "engine.wall"

-- What of the second wall (engine/host/wall.h) this kernel and this program have.
local function wall_words()
  local offered = wall.offered()
  return ("seccomp: %s\nLandlock: %s\n"):format(offered.seccomp and "yes" or "not offered here",
    offered.landlock > 0 and "yes, ABI " .. offered.landlock or "not offered here")
end

return {
  summary = "print the version",
  usage = "moonstep version [--verbose]",
  options = {
    { long = "verbose", short = "v", kind = "flag", help = "say too what the kernel offers to shut scripts in" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
  run = function(given)
    host.output("moonstep " .. host.version() .. "\n" .. (given.verbose and wall_words() or ""))
    return 0
  end,
}
