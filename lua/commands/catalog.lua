-- moonstep catalog
local all = require "catalog.all"
local host = require "engine.host"
local near = require "base.near"
local params = require "catalog.params"
local rbac = require "catalog.rbac"
local write = require "output.write"

local VERBS = { "list", "show", "params", "install", "rbac" }

local command = {
  summary = "Functions and Tasks that back systems up and restore them",
  usage = "moonstep catalog list | show NAME | params NAME | install | rbac [NAME]...",
  text = [[
The catalogue has Functions and Tasks for databases, claims and the cluster's own objects. They need no file: where none holds a Task or
Function that is named, the catalogue's is taken.

  moonstep catalog list              the systems, their versions, and how each was tested
  moonstep catalog show NAME         the Functions and Tasks of a system, or a Task with its Functions, or a Function, as YAML
  moonstep catalog params NAME       the params that these take, with their defaults
  moonstep catalog install           all of it, for `kubectl apply -f -`
  moonstep catalog rbac [NAME]...    a service account whose Pods may set the status of their sessions and Repositories, and do what the
                                     named Tasks ask of the cluster beyond that (kubedump); for runtimeSettings.pod.serviceAccountName

  moonstep render --task postgres-backup-15 -f repository.yaml --param host=orders-db
]],
  operands = VERBS,
  options = {
    { long = "output", short = "o", kind = "choice", choices = { "yaml", "json", "name" }, default = "yaml",
      help = "how show, install and rbac print objects" },
    { long = "namespace", short = "n", kind = "label", value = "NAME", default = "default",
      help = "where rbac's account is (default: default)" },
    { long = "service-account", kind = "text", value = "NAME", default = "moonstep",
      help = "rbac's account (default: moonstep); `default` is in each namespace already" },
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

local function print_objects(objects, format)
  local texts = {}
  for i, object in ipairs(objects) do texts[i] = assert(write.text(object, format)) end
  write.all(texts, format)
  return 0
end

local function objects_of(entries)
  local list = {}
  for i, entry in ipairs(entries) do list[i] = entry.object end
  return list
end

function run.show(given, entries) return print_objects(objects_of(entries), given.output) end

function run.install(given) return print_objects(objects_of(params.everything()), given.output) end

function run.rbac(given, entries) return print_objects(rbac.objects(entries, given.namespace, given["service-account"]), given.output) end

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

-- How many names a verb takes.
local MOST_NAMES = { show = 1, params = 1, rbac = math.huge }

-- The entries of all names | nil, the one that there is none of
local function entries_of(list)
  local entries = {}
  for _, name in ipairs(list) do
    local found = params.named(name)
    if not found then return nil, name end
    table.move(found, 1, #found, #entries + 1, entries)
  end
  return entries
end

function command.run(given, operands, wrong)
  local verb = operands[1] or "list"
  local named = table.move(operands, 2, #operands, 1, {})
  if not run[verb] then
    local meant = near(verb, VERBS)
    return wrong(("catalog takes list, show, params, install or rbac, not %s%s"):format(verb,
      meant and "; did you mean " .. meant .. "?" or ""))
  end
  local most = MOST_NAMES[verb] or 0
  if #named > most or most == 1 and #named == 0 then
    return wrong(most == 1 and ("catalog %s takes one NAME; `moonstep catalog list` has those of the systems"):format(verb)
      or ("catalog %s takes no name"):format(verb))
  end
  local entries, unknown = entries_of(named)
  if not entries then
    local meant = near(unknown, names())
    return wrong(("the catalogue has no %s%s"):format(unknown, meant and "; did you mean " .. meant .. "?" or ""))
  end
  return run[verb](given, entries)
end

return command
