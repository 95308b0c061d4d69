-- moonstep catalog
local all = require "catalog.all"
local host = require "engine.host"
local near = require "base.near"
local params = require "catalog.params"
local write = require "output.write"

local VERBS = { "list", "show", "params", "install" }

local command = {
  summary = "Functions and Tasks that back systems up and restore them",
  usage = "moonstep catalog list | show NAME | params NAME | install",
  text = [[
The catalogue has Functions and Tasks for databases, claims and the cluster's own objects. They need no file: where none holds a Task or
Function that is named, the catalogue's is taken.

  moonstep catalog list              the systems, their versions, and how each was tested
  moonstep catalog show NAME         the Functions and Tasks of a system, or a Task with its Functions, or a Function, as YAML
  moonstep catalog params NAME       the params that these take, with their defaults
  moonstep catalog install           all of it, for `kubectl apply -f -`

  moonstep render --task postgres-backup-15 -f repository.yaml --param host=orders-db
]],
  operands = VERBS,
  options = {
    { long = "output", short = "o", kind = "choice", choices = { "yaml", "json", "name" }, default = "yaml",
      help = "how show and install print objects" },
    { long = "markdown", kind = "flag", help = "list as a table in Markdown" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

local function versions_of(system) return system.versions and table.concat(system.versions, " ") or "-" end

local DIRECTIONS = "backup, restore"

-- What `list` has of each system.
local function rows()
  local list = { { "NAME", "VERSIONS", "TASKS", "TESTED", "WHAT" } }
  for i, name in ipairs(all.systems) do
    local system = all.system(name)
    list[i + 1] = { name, versions_of(system), DIRECTIONS, system.tested, system.summary }
  end
  return list
end

local function print_table(list)
  local widths = {}
  for _, row in ipairs(list) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, utf8.len(cell)) end
  end
  for _, row in ipairs(list) do
    local cells = {}
    for i, cell in ipairs(row) do cells[i] = i < #row and cell .. (" "):rep(widths[i] - utf8.len(cell)) or cell end
    host.output(table.concat(cells, "  ") .. "\n")
  end
end

-- The Markdown of README's table.
local function print_markdown()
  host.output "| System | Versions | What is backed up | Tested |\n|---|---|---|---|\n"
  for _, name in ipairs(all.systems) do
    local system = all.system(name)
    host.output(("| [`%s`](lua/catalog/%s.lua) | %s | %s | %s |\n"):format(name, name:gsub("%-", "_"), versions_of(system):gsub(" ", ", "),
      system.summary, system.tested))
  end
end

local run = {}

function run.list(given)
  if given.markdown then print_markdown() else print_table(rows()) end
  return 0
end

local function print_objects(entries, format)
  local texts = {}
  for i, entry in ipairs(entries) do texts[i] = assert(write.text(entry.object, format)) end
  write.all(texts, format)
  return 0
end

function run.show(given, entries) return print_objects(entries, given.output) end

function run.install(given) return print_objects(params.everything(), given.output) end

function run.params(_, entries)
  local list = { { "NAME", "DEFAULT", "WHAT" } }
  for _, param in ipairs(params.of(entries)) do
    list[#list + 1] = { param.name, param.default == "" and '""' or param.default or "-", param.summary }
  end
  print_table(list)
  return 0
end

-- Every name that show and params take.
local function names()
  local list = table.move(all.systems, 1, #all.systems, 1, {})
  for _, kind in ipairs { "Task", "Function" } do
    for _, name in ipairs(all.names(kind)) do list[#list + 1] = name end
  end
  return list
end

function command.run(given, operands, wrong)
  local verb, name = operands[1] or "list", operands[2]
  if not run[verb] then
    local meant = near(verb, VERBS)
    return wrong(("catalog takes list, show, params or install, not %s%s"):format(verb, meant and "; did you mean " .. meant .. "?" or ""))
  end
  local named = verb == "show" or verb == "params"
  if named ~= (name ~= nil) or operands[3] then
    return wrong(named and ("catalog %s takes one NAME; `moonstep catalog list` has those of the systems"):format(verb)
      or ("catalog %s takes no name"):format(verb))
  end
  local entries = named and params.named(name)
  if named and not entries then
    local meant = near(name, names())
    return wrong(("the catalogue has no %s%s"):format(name, meant and "; did you mean " .. meant .. "?" or ""))
  end
  return run[verb](given, entries)
end

return command
