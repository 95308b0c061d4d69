-- moonstep logs
local clusters = require "commands.clusters"

local command = {
  summary = "print what the steps of a Job in a cluster say, and follow it to its end",
  usage = "moonstep logs NAME [options]",
  text = [[
NAME is that of a Job that moonstep made, or of the first one where it was tried again: then it is the latest. What all steps print goes to
standard output, each line behind the step's name, and how the Job goes on to standard error, until its end; then that of its hooks.

Exit status: 0 complete, 1 a step failed or took too long, 2 the cluster could not be asked, 130 interrupted; the Job goes on then.
]],
  options = clusters.with {},
}

function command.run(given, operands, wrong)
  if #operands ~= 1 then return wrong "logs takes the name of a Job" end
  return clusters.run(given, function(connection, namespace, report)
    local job = clusters.job(connection, operands[1], namespace)
    return require "cluster.run".follow(connection, job, { logs = true, quiet = given.quiet, format = given.format }, report)
  end)
end

return command
