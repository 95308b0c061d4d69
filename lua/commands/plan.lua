-- moonstep plan
local batch = require "batch.run"
local host = require "engine.host"
local inputs = require "commands.inputs"
local show = require "batch.show"

local command = {
  summary = "show how a batch is made, and what makes it slow",
  usage = "moonstep plan -f FILE [-f FILE]... --targets FILE [--task NAME] [options]",
  text = [[
Says for each shape of the rows (which Task, which variables and params) what is worked out once for all of them: the text, with slots where
targets differ, and what rules still look at for each target; or why rows of that shape are rendered one by one. Reads the first rows only.
]],
  options = inputs.with {
    { long = "targets", kind = "text", value = "FILE", help = "rows, as for render" },
    { long = "output", short = "o", kind = "choice", choices = { "yaml", "ndjson" }, default = "yaml",
      help = "how objects would be printed" },
  },
}

function command.run(given, operands, wrong)
  if not given.targets then return wrong "plan needs --targets FILE" end
  local options, why = inputs.read("plan", given, operands)
  if not options then return wrong(why) end
  options.output, options.targets, options.keep_going = given.output, given.targets, true
  local report = inputs.report(given)
  local learned = batch.learn(options, report)
  for _, each in ipairs(learned or {}) do host.output(show.text(each, options.task)) end
  return report:status()
end

return command
