-- moonstep render
local diag = require "base.diag"
local near = require "base.near"
local road = require "road"
local value = require "base.value"
local write = require "output.write"

-- What Stash's operator is told by its own settings.
local OPERATOR = {
  registry = "appscode", image = "stash", tag = "latest", licenseApiService = "", pushgatewayUrl = "http://localhost:56789",
  operatorPodName = "stash-operator-0", serviceAccountName = "",
}

local command = {
  summary = "print the Jobs of backups and restores, or of a Task",
  usage = "moonstep render -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Reads Functions, Tasks, Repositories and the backups and restores that use them, and prints the Jobs of each BackupSession,
RestoreSession and RestoreBatch. With --task, renders that Task alone: sessions and invokers in the files are ignored,
variables come from --set, --param, providers and defaults.

Objects go to standard output, messages to standard error. Without --keep-going it is all objects or none.
]],
  options = {
    { long = "filename", short = "f", kind = "list", value = "FILE", help = "file, folder, or - for standard input; repeatable" },
    { long = "recursive", short = "R", kind = "flag", help = "look into the folders of a folder too" },
    { long = "namespace", short = "n", kind = "text", value = "NAME", help = "namespace of objects that name none (default: default)" },
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "task", kind = "text", value = "NAME", help = "render this Task, without invoker and session" },
    { long = "set", kind = "map", value = "NAME=VALUE", help = "give a variable a value, over everything else; repeatable" },
    { long = "param", kind = "map", value = "NAME=VALUE", help = "a task parameter, over the invoker's; repeatable" },
    { long = "option", kind = "map", value = "NAME=VALUE", help = "operator setting: " .. table.concat(value.keys(OPERATOR), " ") },
    { long = "template", kind = "text", value = "NAME", default = "stash", help = "how steps become containers (default: stash)" },
    { long = "script", kind = "list", value = "FILE", help = "Lua script with providers and templates; repeatable" },
    { long = "allow-unset", kind = "list", value = "NAME", help = "leave ${NAME} as it is where it has no value; repeatable" },
    { long = "strict", kind = "flag", help = "unknown fields are errors" },
    { long = "keep-going", kind = "flag", help = "print the objects of the targets that did not fail" },
    { long = "emit-all", kind = "flag", help = "print objects with findings of severity error too" },
    { long = "format", kind = "choice", choices = { "human", "ndjson" }, default = "human", help = "how messages are printed" },
    { long = "quiet", short = "q", kind = "flag", help = "print errors only" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

-- The operator's settings with what the command line says; nil and a message for one that does not exist.
local function operator_settings(given)
  local settings = {}
  for name, default in pairs(OPERATOR) do settings[name] = default end
  for _, name in ipairs(value.keys(given)) do
    if not OPERATOR[name] then
      local meant = near(name, value.keys(OPERATOR))
      return nil, ("unknown --option %s%s"):format(name, meant and "; did you mean " .. meant .. "?" or "")
    end
    settings[name] = given[name]
  end
  return settings
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- run(options, operands, wrong) -> exit status; `wrong` is called with a message when the usage is wrong.
function command.run(given, operands, wrong)
  if operands[1] then return wrong(("render takes no operands: %s (files are given with -f)"):format(operands[1])) end
  if #given.filename == 0 then return wrong "render needs at least one -f FILE" end
  local settings, why = operator_settings(given.option)
  if not settings then return wrong(why) end
  return road.render({
    files = given.filename, recursive = given.recursive, namespace = given.namespace, output = given.output, task = given.task,
    set = given.set, param = given.param, option = settings, template = given.template, scripts = given.script,
    allow_unset = set_of(given["allow-unset"]), strict = given.strict, keep_going = given["keep-going"],
    emit_all = given["emit-all"], asked = {},
  }, diag.report { format = given.format, quiet = given.quiet })
end

return command
