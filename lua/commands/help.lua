-- moonstep help [COMMAND]
local host = require "engine.host"
local ids = require "base.ids"
local options = require "base.options"
local value = require "base.value"

local NAMES = { "init", "render", "batch-job", "check", "run", "apply", "logs", "status", "delete", "test", "explain", "grants", "plan",
  "merge", "diff", "catalog", "lua", "schema", "completion", "help", "version" }

local help = {
  summary = "say what a command does, or what scripts can do",
  usage = "moonstep help [COMMAND | api [--annotations | --markdown] | messages | man]",
  text = "`moonstep help messages` lists the ids of messages, `moonstep help man` prints the manual page, as roff.\n",
  operands = table.move(NAMES, 1, #NAMES, 4, { "api", "messages", "man" }),
  options = {
    { long = "annotations", kind = "flag", help = "the script API as annotations for the Lua language server" },
    { long = "markdown", kind = "flag", help = "the script API as a table in Markdown" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

-- Every command in the order of the list: { { name, command }, … }.
function help.all()
  local all = {}
  for i, name in ipairs(NAMES) do all[i] = { name = name, command = require("commands." .. name) } end
  return all
end

local function overview()
  local lines = { "moonstep turns Functions and Tasks into Kubernetes Jobs.\n\n  moonstep render -f FOLDER\n\nCommands:\n" }
  for _, each in ipairs(help.all()) do lines[#lines + 1] = ("  %-11s %s\n"):format(each.name, each.command.summary) end
  lines[#lines + 1] = "\n`moonstep help COMMAND` says more, `moonstep help api` what scripts can do.\n"
    .. "Exit status: 0 clean, 1 findings, 2 wrong usage or something that could not be read or rendered.\n"
  return table.concat(lines)
end

-- The ids of messages, with what each means.
local function messages()
  local lines = { "Ids of messages, with the usual severity. Rules of scripts have ids of their own.\n\n" }
  for _, id in ipairs(value.keys(ids)) do lines[#lines + 1] = ("  %-17s %-8s %s\n"):format(id, ids[id][1], ids[id][2]) end
  return table.concat(lines)
end

-- The text of a command's help.
function help.of(command)
  local text = ("%s\n\nUsage: %s\n"):format(command.summary:gsub("^%l", string.upper), command.usage)
  if command.text then text = text .. "\n" .. command.text end
  if #command.options > 0 then text = text .. "\nOptions:\n" .. options.help(command.options) end
  return text
end

function help.run(given, operands, wrong)
  local name = operands[1]
  if name == "api" then
    local reference = require "scripts.reference"
    host.output(given.annotations and reference.annotations() or given.markdown and reference.markdown() or reference.help())
    return 0
  end
  if name == "messages" then
    host.output(messages())
    return 0
  end
  if name == "man" then
    host.output(require "commands.manual"(help.all()))
    return 0
  end
  if not name then host.output(overview()) return 0 end
  for _, each in ipairs(help.all()) do
    if name == each.name then
      host.output(help.of(each.command))
      return 0
    end
  end
  return wrong(("there is no command %s"):format(name))
end

return help
