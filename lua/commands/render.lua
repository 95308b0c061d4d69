-- moonstep render
local batches = require "commands.batches"
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
variables come from --set, --param, providers and defaults. With --targets, it is rendered for every row of a file.

Objects go to standard output, messages to standard error. Without --keep-going it is all objects or none.
]],
  options = inputs.reporting(batches.with {
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "keep-going", kind = "flag", help = "print the objects of the targets that did not fail" },
    { long = "out", kind = "text", value = "FOLDER", help = "with --targets: a file for each target, and a manifest, in this folder" },
    { long = "out-name", kind = "text", value = "PATTERN",
      help = "with --out: how files are called (default: " .. names.usual .. "); also {task} {kind} {index}" },
    { long = "out-chunk", kind = "text", value = "N", help = "with --out: files of N targets instead" },
    { long = "resume", kind = "flag", help = "with --out: go on where an earlier run of the same command has ended" },
    { long = "prune", kind = "flag", help = "with --out: remove files of the run before that no target has any more" },
    { long = "emit-all", kind = "flag", help = "print objects with findings of severity error too" },
  }),
}

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
  if pattern then chunk, why = batches.number(given, "out-chunk", math.maxinteger) end
  if why then return nil, why end
  return { path = path, pattern = pattern, chunk = chunk, resume = given.resume, prune = given.prune }
end

-- Adds what a batch needs to know. Returns nil, or what is wrong.
local function read_batch(given, options)
  if given.output == "json" then return "--targets prints a stream: -o ndjson, yaml or name" end
  local why
  options.out, why = read_out(given)
  why = why or batches.read(given, options)
  if not why and options.shard and options.out and options.out.prune then
    return "no shard knows what the others need: --prune is for `moonstep merge`, when all shards are in the folder"
  end
  return why
end

-- Returns the exit status where that is not the report's.
local function render(options, report)
  if options.targets then return require "batch.run".render(options, report) end
  road.render(options, report)
end

-- run(options, operands, wrong) -> exit status; `wrong` is called with a message when the usage is wrong.
function command.run(given, operands, wrong)
  local options, why = inputs.read("render", given, operands)
  if not options then return wrong(why) end
  options.output, options.keep_going, options.emit_all = given.output, given["keep-going"], given["emit-all"]
  why = given.targets and read_batch(given, options) or batches.unused(given)
  if why then return wrong(why) end
  local status
  status, why = inputs.run_reporting(given, { title = "moonstep render" }, function(report) return render(options, report) end)
  return status or wrong(why)
end

return command
