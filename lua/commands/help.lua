-- moonstep help [COMMAND]
local host = require "engine.host"
local options = require "base.options"

local NAMES = { "init", "render", "check", "explain", "help", "version" }

local help = {
  names = NAMES, summary = "say what a command does, or what scripts can do", usage = "moonstep help [COMMAND | api [--annotations]]",
  options = {
    { long = "annotations", kind = "flag", help = "the script API as annotations for the Lua language server" },
    { long = "markdown", kind = "flag", help = "the script API as a table in Markdown" },
  },
}

local function overview()
  local lines = { "moonstep turns Functions and Tasks into Kubernetes Jobs.\n\n  moonstep render -f FOLDER\n\nCommands:\n" }
  for _, name in ipairs(NAMES) do
    local command = name == "help" and help or require("commands." .. name)
    lines[#lines + 1] = ("  %-10s %s\n"):format(name, command.summary)
  end
  lines[#lines + 1] = "\n`moonstep help COMMAND` says more, `moonstep help api` what scripts can do.\n"
    .. "Exit status: 0 clean, 1 findings, 2 wrong usage or something that could not be read or rendered.\n"
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
  if not name then host.output(overview()) return 0 end
  for _, known in ipairs(NAMES) do
    if name == known then
      host.output(help.of(name == "help" and help or require("commands." .. name)))
      return 0
    end
  end
  return wrong(("there is no command %s"):format(name))
end

return help
