-- moonstep run
local after = require "run.after"
local before = require "run.before"
local batches = require "commands.batches"
local diag = require "base.diag"
local duration = require "base.duration"
local inputs = require "commands.inputs"
local load = require "engine.load"
local road = require "road"
local whole = require "run.whole"
local write = require "output.write"

local command = {
  summary = "run what is rendered, step by step, and see it to its end",
  usage = "moonstep run [--local] -f FILE [-f FILE]... [--task NAME] [options]",
  text = [[
Renders and checks as `moonstep render` does, applies the objects to the cluster of --context, else of the current context, as
`moonstep apply` does, and follows each Job to its end. A Job that does not begin, since an image cannot be pulled, a Pod fits on no node or
a Secret is missing, ends the run after --start-timeout, with what the cluster says about it. An interrupt leaves the Job to the cluster.

With --local, the Jobs are run on this machine with podman, as root or not: a container a step, in order. There is neither a cluster nor a
kubeconfig then: Secrets and ConfigMaps are those in the files, an emptyDir is a folder, and a claim is podman's volume
moonstep-NAMESPACE-CLAIM, which stays. All else is gone when the run is over, also when it was killed.

Post hooks run when a Job has ended, also where a step failed, by their execution policy, as a Job of their own, NAME-after. What became of
the Job is in their environment: MOONSTEP_OUTCOME, _STEP, _ERROR, _SECONDS, _ATTEMPT and _RETRIES_LEFT. Here, they see the volumes of the
Job; on a cluster, claims alone, and each emptyDir is a new one. None run after an interrupt; whoever starts the same run again while the
Job still runs follows it, with its hooks. With --detach the Job NAME-follower sees to them, and to --retries; `moonstep after-end --help`
says how.

With --targets, a Task is run for every row of a file, --max-running at a time. All of them are rendered first, and one that cannot be keeps
the others from being run, unless --keep-going. What is to be run, and what has become of it, lies in a folder: when a run is interrupted
or killed, the same command goes on with the targets that have not ended, and finds the Jobs that run. At the end the folder is removed, but
for the names of targets that were not complete: with --failed, the same command runs these alone.

On a terminal there is a line for each step; --logs prints all that steps say to standard output. Times are written as 90s, 10m or 1h30m.
With --local, metrics go to the Pushgateway of --option pushgatewayUrl=URL, and without that nowhere.

Exit status: 0 complete, 1 a step failed or took too long, 2 something could not be rendered or started, 130 interrupted.
]],
  options = inputs.with(batches.with {
    { long = "max-running", kind = "text", value = "N", help = "with --targets: how many targets run at a time (default: 10)" },
    { long = "keep-going", kind = "flag", help = "with --targets: run the others where some cannot be rendered" },
    { long = "queue", kind = "text", value = "FOLDER",
      help = "with --targets: where what is to be run is kept (default: a folder for this command in ~/.local/state/moonstep)" },
    { long = "anew", kind = "flag", help = "with --targets: begin with the first target, whatever a run before has left" },
    { long = "failed", kind = "flag", help = "with --targets: run those alone that were not complete when a run before ended" },
    { long = "start-timeout", kind = "text", value = "TIME", help = "how long a Job may wait for a step to begin (default: 5m)" },
    { long = "detach", kind = "flag", help = "apply, and leave the Jobs to the cluster" },
    { long = "cleanup", kind = "flag", help = "delete the Jobs after their ends, and what was made for them but claims" },
    { long = "force-conflicts", kind = "flag", help = "take over fields that other managers have set" },
    { long = "local", kind = "flag", help = "on this machine, with podman" },
    { long = "logs", kind = "flag", help = "print what steps say, each line behind the step's name" },
    { long = "timeout", kind = "text", value = "TIME", help = "how long a Job may take (default: its activeDeadlineSeconds)" },
    { long = "retries", kind = "text", value = "N",
      help = "how often a Job that failed is tried again (default: the invoker's retryConfig, or none; with --local its backoffLimit)" },
    { long = "retry-delay", kind = "text", value = "TIME",
      help = "before the first retry; twice as long before each other (default: 10s)" },
    { long = "network", kind = "text", value = "NAME", help = "podman's network for the steps, such as host (default: podman's own)" },
  }),
}

local MOST_RETRIES = 1000
local MOST_RUNNING = 1000
local USUAL_RUNNING = 10
local DELAY = 10 -- seconds before the first retry

-- What the run needs of the options | nil, message
local function read_settings(given)
  local settings = { logs = given.logs, quiet = given.quiet, format = given.format, network = given.network }
  settings.detach, settings.cleanup, settings.force = given.detach, given.cleanup, given["force-conflicts"]
  for name, option in pairs { timeout = "timeout", delay = "retry-delay", start_timeout = "start-timeout" } do
    local text = given[option]
    settings[name] = text and duration.seconds(text)
    if text and not settings[name] then return nil, ("--%s takes a time such as 90s or 1h30m, not %q"):format(option, text) end
  end
  local retries = given.retries and math.tointeger(tonumber(given.retries))
  if given.retries and (not retries or retries < 0 or retries > MOST_RETRIES) then
    return nil, ("--retries takes a number from 0 to %d, not %q"):format(MOST_RETRIES, given.retries)
  end
  settings.retries = retries
  return settings
end

-- An object as plain tables, with the secrets that only its text has.
local function plain(made)
  local text = write.text(made.original or made.object, "ndjson", true)
  return (load.next(load.reader(load.source(text, made.id))))
end

-- Renders. Returns the Jobs with their hooks, as podman.run takes them; or nil when they are not to be run, which has been reported.
local function render(options, known, report)
  options.made = {}
  function options.other(document)
    local kind = load.peek(document.document, "kind")
    if kind == "Secret" or kind == "ConfigMap" then known:add(load.root(document.document)) end
  end
  road.render(options, report)
  local jobs = {}
  for _, made in ipairs(options.made) do
    local object = plain(made)
    if object.kind == "Job" then
      before.put(object, made.target)
      jobs[#jobs + 1] = { object = object, target = made.target, behind = after.read(object, made.target) }
    elseif object.kind ~= "PersistentVolumeClaim" then known:add(object) end
  end
  whole.take(jobs)
  return jobs[1] and report:status() == 0 and jobs or nil
end

-- What a batch needs of the options. Returns nil, or what is wrong.
local function read_batch(given, options, settings)
  if given["local"] then return "--targets runs on a cluster: with --local there is one Task at a time" end
  if given.detach then return "with --detach nobody would start the next target when one has ended: --targets takes no --detach" end
  local why
  settings.max_running, why = batches.number(given, "max-running", MOST_RUNNING)
  if why then return why end
  settings.max_running = settings.max_running or USUAL_RUNNING
  if given.anew and given.failed then return "--anew and --failed exclude each other" end
  settings.keep_going, settings.which = given["keep-going"], given.anew and "anew" or given.failed and "failed" or nil
  return batches.read(given, options)
end

-- Options of batches where there is none, as a message, or nil.
local function without_batch(given)
  for _, name in ipairs { "max-running", "keep-going", "queue", "anew", "failed" } do
    if given[name] then return ("--%s is for batches: it needs --targets FILE"):format(name) end
  end
  return batches.unused(given)
end

-- Options that mean nothing where it runs, as a message, or nil.
local function misplaced(given)
  local here = given["local"]
  for _, name in ipairs(here and { "start-timeout", "detach", "cleanup", "force-conflicts" } or { "network" }) do
    if given[name] then return ("--%s is for runs %s"):format(name, here and "on a cluster" or "on this machine (--local)") end
  end
  if given.detach and (given.logs or given.cleanup or given["start-timeout"]) then
    return "with --detach nobody waits for the Job, so there is neither --logs, --start-timeout nor --cleanup"
  end
end

-- Where no operator runs there is no Pushgateway beside it, as its default says: metrics go where somebody names one, and else nowhere.
local function without_gateway(own)
  local all = {}
  for name, v in pairs(own) do all[name] = v end
  all.pushgatewayUrl = ""
  return all
end

-- Secrets of the given files are not applied, but steps may print what those of the cluster hold: it is masked here as it is with --local.
local function learn_secrets(options)
  local known = require "run.sources".new(options.namespace)
  function options.other(document)
    if load.peek(document.document, "kind") == "Secret" then diag.catch(known.add, known, load.root(document.document)) end
  end
end

local function run_here(options, settings, report)
  local here
  local status
  options.own_options = without_gateway(options.own_options)
  settings.delay = settings.delay or DELAY
  local ok, raised = diag.catch(function()
    here = require "podman.run".open(settings)
    options.fill = here:places()
    local known = require "run.sources".new(options.namespace)
    local jobs = render(options, known, report)
    status = jobs and here:run(jobs, known, report) or nil
  end)
  if not ok then report:add(raised) end
  if here then here:close() end
  return status
end

function command.run(given, operands, wrong)
  local options, why = inputs.read("run", given, operands)
  if not options then return wrong(why) end
  if given.kind ~= "Job" then return wrong "run takes --kind Job: a schedule is no run" end
  local settings
  settings, why = read_settings(given)
  why = why or misplaced(given)
  if not why then
    if given.targets then why = read_batch(given, options, settings) else why = without_batch(given) end
  end
  if why then return wrong(why) end
  local report = inputs.report(given)
  settings.report = report
  if given["local"] then return run_here(options, settings, report) or report:status() end
  options.context = options.context or true
  learn_secrets(options)
  if given.targets then return require "cluster.targets".run(options, settings, given, report) or report:status() end
  return require "cluster.run".jobs(options, settings, report) or report:status()
end

return command
