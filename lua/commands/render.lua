-- moonstep render
local host = require "engine.host"
local inputs = require "commands.inputs"
local names = require "batch.names"
local road = require "road"
local write = require "output.write"

local command = {
  summary = "print the Jobs of backups and restores, or of a Task",
  usage = "moonstep render -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Reads Functions, Tasks, Repositories and the backups and restores that use them, and prints the Jobs of each BackupSession,
RestoreSession and RestoreBatch. With --task, renders that Task alone: sessions and invokers in the files are ignored,
variables come from --set, --param, providers and defaults.

Objects go to standard output, messages to standard error. Without --keep-going it is all objects or none.
]],
  options = inputs.reporting {
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "keep-going", kind = "flag", help = "print the objects of the targets that did not fail" },
    { long = "targets", kind = "text", value = "FILE", help = "render --task, or the task of each row, for every row of this file" },
    { long = "jobs", short = "j", kind = "text", value = "N", help = "with --targets: how many processes (default: one a processor)" },
    { long = "max-errors", kind = "text", value = "N", help = "with --targets: stop when so many targets have failed" },
    { long = "progress", kind = "choice", choices = { "auto", "none", "json" }, default = "auto",
      help = "with --targets: what is told while it goes on" },
    { long = "out", kind = "text", value = "FOLDER", help = "with --targets: a file for each target, and a manifest, in this folder" },
    { long = "out-name", kind = "text", value = "PATTERN",
      help = "with --out: how files are called (default: " .. names.usual .. "); also {task} {kind} {index}" },
    { long = "out-chunk", kind = "text", value = "N", help = "with --out: files of N targets instead" },
    { long = "resume", kind = "flag", help = "with --out: go on where an earlier run of the same command has ended" },
    { long = "prune", kind = "flag", help = "with --out: remove files of the run before that no target has any more" },
    { long = "no-plan", kind = "flag", help = "with --targets: render each target for itself, as a reference" },
    { long = "emit-all", kind = "flag", help = "print objects with findings of severity error too" },
  },
}

local function number_of(given, name, least)
  local text = given[name]
  if not text then return nil end
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  if not number or number < least then return nil, ("--%s takes a number from %d on, not %q"):format(name, least, text) end
  return number
end

-- Where the output goes: into a folder, or nil. Returns nil and why when that cannot be.
local function read_out(given)
  local path, chunk = given.out, nil
  if not path then
    for _, name in ipairs { "out-name", "out-chunk", "resume", "prune" } do
      if given[name] then return nil, ("--%s is for --out FOLDER"):format(name) end
    end
    return nil
  end
  if given.output == "name" then return nil, "--out takes -o yaml or ndjson" end
  if given["out-name"] and given["out-chunk"] then return nil, "--out-name and --out-chunk exclude each other" end
  local pattern, why = names.parse(given["out-name"] or (names.usual:gsub("yaml$", given.output)))
  if pattern then chunk, why = number_of(given, "out-chunk", 1) end
  if why then return nil, why end
  return { path = path, pattern = pattern, chunk = chunk, resume = given.resume, prune = given.prune }
end

-- Adds what a batch needs to know. Returns nil, or what is wrong.
local function read_batch(given, options)
  if given.output == "json" then return "--targets prints a stream: -o ndjson, yaml or name" end
  local why
  options.targets, options.no_plan, options.keep_going = given.targets, given["no-plan"], true
  options.jobs, why = number_of(given, "jobs", 1)
  if why then return why end
  options.out, why = read_out(given)
  if why then return why end
  options.max_errors, why = number_of(given, "max-errors", 1)
  options.progress = given.progress ~= "auto" and given.progress or host.coloured(2) and not given.quiet and "bar" or "none"
  return why
end

local function render(options, report)
  if options.targets then require "batch.run".render(options, report) else road.render(options, report) end
end

-- run(options, operands, wrong) -> exit status; `wrong` is called with a message when the usage is wrong.
function command.run(given, operands, wrong)
  local options, why = inputs.read("render", given, operands)
  if not options then return wrong(why) end
  options.output, options.keep_going, options.emit_all = given.output, given["keep-going"], given["emit-all"]
  why = given.targets and read_batch(given, options)
  if why then return wrong(why) end
  local status
  status, why = inputs.run_reporting(given, { title = "moonstep render" }, function(report) render(options, report) end)
  return status or wrong(why)
end

return command
