-- moonstep render
local inputs = require "commands.inputs"
local road = require "road"
local write = require "output.write"

local command = {
  summary = "print the Jobs of backups and restores, or of a Task",
  usage = "moonstep render -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Reads Functions, Tasks, Repositories and the backups and restores that use them, and prints the Jobs of each BackupSession,
RestoreSession and RestoreBatch. With --task, renders that Task alone: sessions and invokers in the files are ignored,
variables come from --set, --param, providers and defaults.

Objects go to standard output, messages to standard error. Without --keep-going it is all objects or none.
]],
  options = inputs.reporting {
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "keep-going", kind = "flag", help = "print the objects of the targets that did not fail" },
    { long = "emit-all", kind = "flag", help = "print objects with findings of severity error too" },
  },
}

-- run(options, operands, wrong) -> exit status; `wrong` is called with a message when the usage is wrong.
function command.run(given, operands, wrong)
  local options, why = inputs.read("render", given, operands)
  if not options then return wrong(why) end
  options.output, options.keep_going, options.emit_all = given.output, given["keep-going"], given["emit-all"]
  local status
  status, why = inputs.run_reporting(given, {}, function(report) road.render(options, report) end)
  return status or wrong(why)
end

return command
