-- What commands that render have in common: their options, and what the road is given for them.
local diag = require "base.diag"
local host = require "engine.host"
local reports = require "reports.all"
local value = require "base.value"

local inputs = {}

-- What Stash's operator is told by its own settings.
local OPERATOR = {
  registry = "appscode", image = "stash", tag = "latest", licenseApiService = "", pushgatewayUrl = "http://localhost:56789",
  operatorPodName = "stash-operator-0", serviceAccountName = "", scratchSize = "5Gi",
}

inputs.operator = OPERATOR

inputs.options = {
  { long = "filename", short = "f", kind = "list", value = "FILE",
    help = "file, folder, https:// URL, or - for standard input; repeatable" },
  { long = "recursive", short = "R", kind = "flag", help = "look into the folders of a folder too" },
  { long = "namespace", short = "n", kind = "label", value = "NAME",
    help = "namespace of objects that name none (default: that of the context, else default)" },
  { long = "task", kind = "text", value = "NAME", help = "render this Task, without invoker and session" },
  { long = "session", kind = "text", value = "PATTERN", help = "name sessions for invokers without one, such as '{name}-1'" },
  { long = "kind", kind = "choice", choices = { "Job", "CronJob" }, default = "Job",
    help = "what to make: Jobs, or the CronJobs of schedules" },
  { long = "set", kind = "map", value = "NAME=VALUE", help = "give a variable a value, over everything else; repeatable" },
  { long = "param", kind = "map", value = "NAME=VALUE", help = "a task parameter, over the invoker's; repeatable" },
  { long = "option", kind = "map", value = "NAME=VALUE", keys = value.keys(OPERATOR),
    help = "operator setting: " .. table.concat(value.keys(OPERATOR), " ") .. "; or what a script declares" },
  { long = "template", kind = "text", value = "NAME", help = "how steps become containers (default: job)" },
  { long = "config", kind = "text", value = "FILE", help = "configuration (default: moonstep.yaml here or above)" },
  { long = "policy", kind = "list", value = "NAME", help = "a pack of rules, or the path of one; repeatable" },
  { long = "script", kind = "list", value = "FILE",
    help = "Lua script, or URL#sha256=HEX, with providers, rules and templates; repeatable" },
  { long = "grant", kind = "list", value = "WHAT", help = "allow scripts read=PATH, env=NAME, http=HOST:PORT, kube=CONTEXT; repeatable" },
  { long = "context", kind = "text", value = "NAME", help = "read objects that no file holds from the cluster of this context" },
  { long = "cluster", kind = "flag", help = "the same, from that of the current context" },
  { long = "kubeconfig", kind = "text", value = "FILE", help = "where contexts of clusters stand (default: KUBECONFIG, ~/.kube/config)" },
  { long = "record", kind = "text", value = "FOLDER", help = "write down there what servers answer scripts" },
  { long = "replay", kind = "text", value = "FOLDER", help = "answer scripts from there, without a network" },
  { long = "today", kind = "text", value = "DATE", help = "the date for waivers (default: SOURCE_DATE_EPOCH, then today in UTC)" },
  { long = "allow-unset", kind = "list", value = "NAME", help = "leave ${NAME} as it is where it has no value; repeatable" },
  { long = "fail-on", kind = "choice", choices = { "error", "warning", "info", "never" }, default = "error",
    help = "the least severity of a finding that counts" },
  { long = "strict", kind = "flag", help = "unknown fields are errors" },
  { long = "format", kind = "choice", choices = { "human", "ndjson" }, default = "human", help = "how messages are printed" },
  { long = "quiet", short = "q", kind = "flag", help = "print errors only" },
  { long = "help", short = "h", kind = "flag", help = "this text" },
}

-- What takes the place of --format where findings go into reports.
local REPORTING = {
  { long = "format", kind = "choice", choices = reports.formats, default = "human", help = "how messages are printed" },
  { long = "report", kind = "list", value = "FORMAT=FILE", keys = reports.formats,
    help = "write all messages to a file too, whatever --quiet says; repeatable" },
}

-- inputs.with, with --report and all formats.
function inputs.reporting(own)
  local all = {}
  for _, option in ipairs(inputs.with(own)) do
    if option.long == "format" then table.move(REPORTING, 1, #REPORTING, #all + 1, all) else all[#all + 1] = option end
  end
  return all
end

-- These options before and behind a command's own.
function inputs.with(own)
  local all = {}
  table.move(inputs.options, 1, 3, 1, all)
  table.move(own, 1, #own, #all + 1, all)
  table.move(inputs.options, 4, #inputs.options, #all + 1, all)
  return all
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- The files of FORMAT=FILE.
local function paths_of(given)
  local paths = {}
  for _, text in ipairs(given) do paths[#paths + 1] = text:match "=(.+)$" end
  return paths
end

-- read(name of the command, parsed options, operands [, true when files are not needed]) -> what the road needs of them | nil, message.
-- Files are not needed either where a Task is named, which the catalogue may have.
function inputs.read(name, given, operands, alone)
  if operands[1] then return nil, ("%s takes no operands: %s (files are given with -f)"):format(name, operands[1]) end
  local context = given.context or given.cluster
  local elsewhere = given.task or given.targets or context
  if #given.filename == 0 and not (alone or elsewhere) then return nil, ("%s needs at least one -f FILE"):format(name) end
  if given.context and given.cluster then return nil, "--context and --cluster exclude each other: --cluster is the current context" end
  if context and given.replay then return nil, "--replay answers without a network, and a cluster cannot be asked then" end
  local today = given.today or host.today()
  if not today:find "^%d%d%d%d%-%d%d%-%d%d$" then return nil, ("--today takes a date such as 2027-01-31, not %q"):format(today) end
  if given.record and given.replay then return nil, "--record and --replay exclude each other" end
  return {
    kubeconfig = given.kubeconfig, context = context,
    exchanges = { record = given.record, replay = given.replay },
    files = given.filename, recursive = given.recursive, namespace = given.namespace, task = given.task, session = given.session,
    kind = given.kind, set = given.set, param = given.param, own_options = OPERATOR, given_options = given.option,
    policies = given.policy, template = given.template, config = given.config, scripts = given.script, grants = given.grant,
    reports = paths_of(given.report or {}),
    allow_unset = set_of(given["allow-unset"]), today = today, strict = given.strict, fail_on = given["fail-on"], asked = {},
  }
end

-- The report for a command's messages.
function inputs.report(given) return diag.report { format = given.format, quiet = given.quiet, fail_on = given["fail-on"] } end

-- What tells a run from others, and is the same wherever it goes on.
local function facts_of(given)
  local facts = {}
  local function add(name, text) facts[#facts + 1] = text and text ~= "" and { name, text } or nil end
  add("Task", given.task)
  add("policies", table.concat(given.policy, ", "))
  add("template", given.template)
  add("date", given.today)
  return facts
end

-- run_reporting(parsed options, { title = what was done, judging = true when findings are the command's output }, function(report)) -> exit
-- status | nil, message.
-- The function does the work, and may return the status of a run that was interrupted; the reports that the options ask for are written
-- behind it.
function inputs.run_reporting(given, settings, work)
  local targets, why = reports.targets(given.report, settings.judging)
  if not targets then return nil, why end
  local report = reports.open({ format = given.format, quiet = given.quiet, stdout = settings.judging, judging = settings.judging,
    fail_on = given["fail-on"], title = settings.title, facts = facts_of(given) }, targets)
  local interrupted = work(report)
  local status = reports.close(report)
  return interrupted or status
end

return inputs
