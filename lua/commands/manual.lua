-- The manual page, moonstep.1, from the commands' own descriptions. Its language is man(7) of roff.
local host = require "engine.host"

-- Text as roff reads it: a hyphen that is meant is \-, and no line starts with a control character.
local function escape(text)
  return (text:gsub("\\", "\\e"):gsub("-", "\\-"):gsub("…", "..."):gsub("%f[^\n\0][.']", "\\&%0"))
end

-- A text of paragraphs, some of them indented and so shown as they are.
local function paragraphs(text)
  local out = {}
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    local body = escape(paragraph)
    out[#out + 1] = paragraph:find "^ " and (".PP\n.nf\n%s\n.fi\n"):format(body) or (".PP\n%s\n"):format(body)
  end
  return table.concat(out)
end

-- Words in bold and the placeholders in capitals in italics: "-f FILE".
local function usage(text)
  return (escape(text):gsub("%f[%w]%u[%u]+%f[%W]", "\\fI%0\\fR"))
end

local function option_entry(option)
  local names = ("\\fB%s\\-\\-%s\\fR"):format(option.short and "\\-" .. option.short .. "\\fR, \\fB" or "", escape(option.long))
  if option.kind == "choice" then names = names .. " " .. escape(table.concat(option.choices, "|"))
  elseif option.kind ~= "flag" then names = names .. " \\fI" .. escape(option.value) .. "\\fR" end
  return (".TP\n%s\n%s\n"):format(names, escape(option.help))
end

local function command_section(name, command)
  local out = { (".SS %s\n\\fB%s\\fR\n"):format(name, usage(command.usage)), paragraphs(command.summary:gsub("^%l", string.upper) .. ".") }
  if command.text then out[#out + 1] = paragraphs(command.text:gsub("\n$", "")) end
  for _, option in ipairs(command.options) do out[#out + 1] = option_entry(option) end
  return table.concat(out)
end

local EXIT = { { "0", "clean; warnings do not count" }, { "1", "findings of severity error" },
  { "2", "wrong usage, or something could not be read or rendered" } }

local ENVIRONMENT = { { "NO_COLOR", "when it is set, messages have no colours" },
  { "SOURCE_DATE_EPOCH", "seconds since 1970: the date for waivers where --today gives none" } }

local FILES = { { "moonstep.yaml", "the configuration of a site, in the working folder or above it" } }

local function list(title, entries)
  local out = { (".SH %s\n"):format(title) }
  for _, entry in ipairs(entries) do out[#out + 1] = (".TP\n\\fB%s\\fR\n%s\n"):format(escape(entry[1]), escape(entry[2])) end
  return table.concat(out)
end

local DESCRIPTION = [[
moonstep turns Functions and Tasks into Kubernetes Jobs. A Function is a template of one container with variables in it; a Task is an
ordered list of Functions with parameters and volumes. Every step but the last becomes an init container and the last one the container.
Scripts in Lua say where variables come from, what Jobs may look like and how steps become containers; "moonstep help api" lists what
they can do.]]

-- page(commands) -> the page; `commands` as help.all gives them.
return function(commands)
  local out = {
    ".\\\" Made by `moonstep help man`.\n",
    (".TH MOONSTEP 1 \"\" \"moonstep %s\" \"User Commands\"\n"):format(host.version()),
    ".SH NAME\nmoonstep \\- turn Functions and Tasks into Kubernetes Jobs\n",
    ".SH SYNOPSIS\n\\fBmoonstep\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n",
    ".SH DESCRIPTION\n", escape(DESCRIPTION), "\n.SH COMMANDS\n",
  }
  for _, each in ipairs(commands) do out[#out + 1] = command_section(each.name, each.command) end
  out[#out + 1] = list("EXIT STATUS", EXIT) .. list("ENVIRONMENT", ENVIRONMENT) .. list("FILES", FILES)
  return table.concat(out)
end
