-- moonstep check
local inputs = require "commands.inputs"
local road = require "road"

local command = {
  summary = "say what is wrong, and print no Jobs",
  usage = "moonstep check -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Renders as `moonstep render` does and runs the rules of the site's scripts over the result. Findings go to standard output, also
those about documents that cannot be read.
]],
  options = inputs.with {},
}

function command.run(given, operands, wrong)
  local options, why = inputs.read("check", given, operands)
  if not options then return wrong(why) end
  return road.render(options, inputs.report(given, true))
end

return command
