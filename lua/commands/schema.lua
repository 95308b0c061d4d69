-- moonstep schema [NAME]
local emit = require "engine.emit"
local host = require "engine.host"
local near = require "base.near"
local schema = require "documents.schema"

local NAMES = {}
for i, each in ipairs(schema.list()) do NAMES[i] = each[1] end

local command = {
  summary = "print a JSON Schema for editors",
  usage = "moonstep schema [NAME | --list]",
  text = [[
Prints the JSON Schema (draft-07) of a file of documents, or what NAME says: config for moonstep.yaml, or a kind such as Function.
Editors with the YAML language server take it from a line at the top of a file:

  # yaml-language-server: $schema=documents.schema.json
]],
  operands = NAMES,
  options = {
    { long = "list", kind = "flag", help = "print the names that there are" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local function list()
  for _, each in ipairs(schema.list()) do host.output(("%-20s %s\n"):format(each[1], each[2])) end
  return 0
end

local function is_known(name)
  for _, known in ipairs(NAMES) do
    if known == name then return true end
  end
end

function command.run(given, operands, wrong)
  if operands[2] or (given.list and operands[1]) then return wrong "schema takes one name, or --list" end
  if given.list then return list() end
  local name = operands[1] or "documents"
  if not is_known(name) then
    local meant = near(name, NAMES)
    local hint = meant and ("did you mean %s?"):format(meant) or "--list prints those that there are"
    return wrong(("there is no schema %s; %s"):format(name, hint))
  end
  host.output(emit.new(schema.keys):json(schema.of(name), 2) .. "\n")
  return 0
end

return command
