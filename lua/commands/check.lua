-- moonstep check
local batches = require "commands.batches"
local inputs = require "commands.inputs"
local road = require "road"

local command = {
  summary = "say what is wrong, and print no Jobs",
  usage = "moonstep check -f FILE [-f FILE]... [--policy NAME]... [--task NAME] [options]",
  text = [[
Runs the rules of packs and of the site's scripts over every object in the files, whatever its kind, and over what `moonstep render`
makes of those that it knows. Findings go to standard output, also those about documents that cannot be read; after such documents
it ends, unless --keep-going says otherwise. With --report FORMAT=- that report takes their place, and they go to standard error.

With --fix, what rules propose is written into the files, where the value stands there by itself: comments, quotes and layout round it stay.
What was fixed is no finding any more.

With --targets, what the Task would make of each row of a file is judged; findings are printed as they come.
]],
  options = inputs.reporting(batches.with {
    { long = "keep-going", kind = "flag", help = "judge what can be judged when some documents cannot" },
    { long = "fix", kind = "flag", help = "write into the files what findings say should stand there" },
    { long = "dry-run", kind = "flag", help = "with --fix: print a diff, and write nothing" },
  }),
}

-- What is wrong with the options of --fix, or nil.
local function wrong_fix(given)
  if not given.fix then return given["dry-run"] and "--dry-run goes with --fix" or nil end
  if given["dry-run"] and given.format ~= "human" then return "--dry-run prints a diff, so it goes with --format human" end
  for _, file in ipairs(given.filename) do
    if file == "-" then return "--fix writes into files, so -f - cannot be given" end
  end
end

-- What is wrong with the options of a batch, or nil.
local function read_batch(given, options)
  if not given.targets then return batches.unused(given) end
  if given.fix then return "--fix mends files, and --targets judges what is made of them: one at a time" end
  return batches.read(given, options)
end

local function check(options, report)
  if options.targets then return require "batch.run".render(options, report) end
  road.render(options, report)
end

function command.run(given, operands, wrong)
  local options, why = inputs.read("check", given, operands)
  why = why or wrong_fix(given) or read_batch(given, options)
  if why then return wrong(why) end
  options.fix, options.dry_run = given.fix, given["dry-run"]
  options.judge, options.keep_going = true, given["keep-going"] or options.targets ~= nil
  options.no_plan = given["no-plan"] or given.fix -- remembered verdicts do not lead to the tables that a fix needs
  local status
  local settings = { title = "moonstep check", judging = true }
  status, why = inputs.run_reporting(given, settings, function(report) return check(options, report) end)
  return status or wrong(why)
end

return command
