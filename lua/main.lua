-- Where the loader starts: finds the command, reads its options, runs it.
local host = require "engine.host"
local options = require "base.options"

local COMMANDS = {
  init = "commands.init", render = "commands.render", check = "commands.check", run = "commands.run",
  apply = "commands.apply", logs = "commands.logs", status = "commands.status", delete = "commands.delete", test = "commands.test",
  explain = "commands.explain", grants = "commands.grants", plan = "commands.plan", merge = "commands.merge", diff = "commands.diff",
  ["batch-job"] = "commands.batch-job", ["update-status"] = "commands.update-status",
  ["notify-email"] = "commands.notify-email", ["notify-http"] = "commands.notify-http", ["after-end"] = "commands.after-end",
  catalog = "commands.catalog", lua = "commands.lua", schema = "commands.schema", crds = "commands.crds",
  completion = "commands.completion", help = "commands.help", version = "commands.version",
}
local ALIASES = { ["--help"] = "help", ["-h"] = "help", ["--version"] = "version" }

local function wrong_usage(message)
  host.message(("moonstep: %s\nTry `moonstep help`.\n"):format(message:gsub("[%c]", "?")))
  return 2
end

local function unknown_command(name)
  local near = require "base.near"
  local names = {}
  for known in pairs(COMMANDS) do names[#names + 1] = known end
  table.sort(names)
  local meant = near(name, names)
  return wrong_usage(("there is no command %s%s"):format(name, meant and "; did you mean " .. meant .. "?" or ""))
end

-- main(arguments) -> exit status
return function(arguments)
  local name = table.remove(arguments, 1)
  name = ALIASES[name] or name or "help"
  if not COMMANDS[name] then return unknown_command(name) end
  local command = require(COMMANDS[name])
  local parsed, operands = options.parse(command.options, arguments)
  if not parsed then return wrong_usage(operands) end
  if parsed.help then
    host.output(require("commands.help").of(command))
    return 0
  end
  return command.run(parsed, operands, wrong_usage)
end
