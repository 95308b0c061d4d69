-- moonstep help [COMMAND]
local host = require "engine.host"
local options = require "base.options"

local NAMES = { "render", "check", "help", "version" }

local help = { names = NAMES, summary = "say what a command does", usage = "moonstep help [COMMAND]", options = {} }

local function overview()
  local lines = { "moonstep turns Functions and Tasks into Kubernetes Jobs.\n\n  moonstep render -f FOLDER\n\nCommands:\n" }
  for _, name in ipairs(NAMES) do
    local command = name == "help" and help or require("commands." .. name)
    lines[#lines + 1] = ("  %-10s %s\n"):format(name, command.summary)
  end
  lines[#lines + 1] = "\n`moonstep help COMMAND` says more. Exit status: 0 clean, 1 findings, 2 wrong usage or something that could\n"
    .. "not be read or rendered.\n"
  return table.concat(lines)
end

-- The text of a command's help.
function help.of(command)
  local text = ("%s\n\nUsage: %s\n"):format(command.summary:gsub("^%l", string.upper), command.usage)
  if command.text then text = text .. "\n" .. command.text end
  if #command.options > 0 then text = text .. "\nOptions:\n" .. options.help(command.options) end
  return text
end

function help.run(_, operands, wrong)
  local name = operands[1]
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
