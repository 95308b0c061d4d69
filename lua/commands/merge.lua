-- moonstep merge
local diag = require "base.diag"
local host = require "engine.host"
local merge = require "batch.merge"
local progress = require "batch.progress"

local command = {
  summary = "put together what shards have written into one folder",
  usage = "moonstep merge FOLDER [--prune]",
  text = [[
FOLDER is one that `moonstep render --shard I/N --out FOLDER` has filled, once for each I. Their manifests become one, manifest.ndjson, as
a run without shards leaves it. Two targets of one file are an error, and then nothing changes; targets of the run before that are not
there any more are told.
]],
  options = {
    { long = "prune", kind = "flag", help = "remove files of the run before that no target has any more" },
    { long = "format", kind = "choice", choices = { "human", "ndjson" }, default = "human", help = "how messages are printed" },
    { long = "quiet", short = "q", kind = "flag", help = "print errors only" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

-- run(options, operands, wrong) -> exit status
function command.run(given, operands, wrong)
  if #operands ~= 1 then return wrong "merge takes one folder" end
  local report = diag.report { format = given.format, quiet = given.quiet }
  local counts = merge.run(operands[1], given.prune, report)
  if counts and not given.quiet then host.message(progress.counted(counts, { "rendered", "withheld" })) end
  return report:status()
end

return command
