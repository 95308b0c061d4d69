-- moonstep apply
local diag = require "base.diag"
local host = require "engine.host"
local inputs = require "commands.inputs"

local command = {
  summary = "put what is rendered into a cluster",
  usage = "moonstep apply -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Renders and checks as `moonstep render` does, and applies the objects on the server's side, as the field manager `moonstep`, to the cluster
of --context, else of the current context. The cluster checks all objects before the first one is applied. What moonstep did not make is
not touched, nor are fields that others have set, unless --force-conflicts is given. A Job that has ended makes room for the next one of its
name.

`moonstep diff -f FILE` prints what would change. Exit status 2 when something could not be applied: what was, is listed.
]],
  options = inputs.with {
    { long = "dry-run", kind = "choice", choices = { "server" }, help = "let the cluster check everything, and apply nothing" },
    { long = "force-conflicts", kind = "flag", help = "take over fields that other managers have set" },
  },
}

local function apply(given, options, report)
  local put, made = require "cluster.put", require "cluster.made"
  local how = { force = given["force-conflicts"] }
  local plan = put.rendered(options, how, report)
  if not plan then return end
  local function tell(each)
    if not given.quiet then
      host.output(("%s %s%s\n"):format(made.words(each.object), each.change, given["dry-run"] and " (not applied)" or ""))
    end
  end
  if given["dry-run"] then
    for _, each in ipairs(plan) do tell(each) end
  else put.apply(options.connection, plan, how, report, tell) end
end

function command.run(given, operands, wrong)
  local options, why = inputs.read("apply", given, operands)
  if not options then return wrong(why) end
  options.context = options.context or true
  local report = inputs.report(given)
  local ok, raised = diag.catch(apply, given, options, report)
  if not ok then report:add(raised) end
  return report:status()
end

return command
