-- moonstep version
local host = require "engine.host"

return {
  summary = "print the version",
  usage = "moonstep version",
  options = { { long = "help", short = "h", kind = "flag", help = "this text" } },
  run = function()
    host.output("moonstep " .. host.version() .. "\n")
    return 0
  end,
}
