-- moonstep check
local inputs = require "commands.inputs"
local road = require "road"

local command = {
  summary = "say what is wrong, and print no Jobs",
  usage = "moonstep check -f FILE [-f FILE]... [--policy NAME]... [--task NAME] [options]",
  text = [[
Runs the rules of packs and of the site's scripts over every object in the files, whatever its kind, and over what `moonstep render`
makes of those that it knows. Findings go to standard output, also those about documents that cannot be read; after such documents
it ends, unless --keep-going says otherwise. With --report FORMAT=- that report takes their place, and they go to standard error.
]],
  options = inputs.reporting {
    { long = "keep-going", kind = "flag", help = "judge what can be judged when some documents cannot" },
    { long = "no-plan", kind = "flag", help = "remember no verdict; what is printed is the same" },
  },
}

function command.run(given, operands, wrong)
  local options, why = inputs.read("check", given, operands)
  if not options then return wrong(why) end
  options.judge, options.keep_going, options.no_plan = true, given["keep-going"], given["no-plan"]
  local status
  status, why = inputs.run_reporting(given, { judging = true }, function(report) road.render(options, report) end)
  return status or wrong(why)
end

return command
