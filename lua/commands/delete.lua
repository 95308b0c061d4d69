-- moonstep delete
local clusters = require "commands.clusters"
local host = require "engine.host"

local command = {
  summary = "delete what moonstep made in a cluster for a Job",
  usage = "moonstep delete NAME [options]",
  text = [[
NAME is that of a Job or CronJob that moonstep made. It is deleted with its Pods, its retries and what was made for it, found by the label
moonstep/run. Claims hold data, such as what was restored: they stay, unless --claims is given.
]],
  options = clusters.with {
    { long = "claims", kind = "flag", help = "delete claims, too, and so what lies in them" },
  },
}

function command.run(given, operands, wrong)
  if #operands ~= 1 then return wrong "delete takes the name of a Job" end
  return clusters.run(given, function(connection, namespace)
    local apply, made = require "kube.apply", require "cluster.made"
    local all = made.find(connection, { name = operands[1], namespace = namespace })
    if not all[1] then all = { clusters.job(connection, operands[1], namespace) } end
    for _, object in ipairs(all) do
      local is_kept = object.kind == "PersistentVolumeClaim" and not given.claims
      local was_there = not is_kept and apply.delete(connection, object)
      if not given.quiet then
        host.output(("%s %s\n"):format(made.words(object), is_kept and "stays: it holds data (--claims deletes it)"
          or was_there and "is deleted" or "was gone"))
      end
    end
    return 0
  end)
end

return command
