-- moonstep status
local clusters = require "commands.clusters"
local diag = require "base.diag"
local host = require "engine.host"
local json = require "kube.json"

local command = {
  summary = "list the Jobs that moonstep made in a cluster, and how they are",
  usage = "moonstep status [NAME] [options]",
  text = [[
Without NAME, all Jobs that are labelled as made by moonstep; with it, those of that run, each with what its steps do and the last warning
that the cluster has about it and its Pods. Exit status 1 when one of them has failed.
]],
  options = clusters.with {
    { long = "all-namespaces", short = "A", kind = "flag", help = "those of all namespaces" },
    { long = "output", short = "o", kind = "choice", choices = { "text", "ndjson" }, default = "text", help = "how they are printed" },
  },
}

local LINE = "%-@s %-@s %-9s %10s  %s"
local LEAST = { namespace = 12, name = 40 } -- columns

local function record_of(made, job)
  local state, reason, message = made.state(job)
  return { namespace = job.metadata.namespace, name = job.metadata.name, run = made.run_of(job), state = state, reason = reason,
    message = message, seconds = require "cluster.ended".seconds(job) }
end

-- The format of a line with columns that are as wide as what is in them.
local function line_for(jobs)
  local function widest(field)
    local most = LEAST[field]
    for _, job in ipairs(jobs) do most = math.max(most, #job.metadata[field]) end
    return most
  end
  return (LINE:gsub("@", widest "namespace", 1):gsub("@", widest "name"))
end

local function text_of(line, record)
  local time = record.seconds and require "run.show".time_words(record.seconds * 1000) or ""
  local text = line:format(record.namespace, record.name, record.state, time, record.reason or "")
  return diag.visible((text:gsub(" +$", ""))) .. "\n"
end

-- What its steps do, and "FailedMount: secret s not found" of it or one of its Pods, which may be nobody's to look at.
local function add_more(record, made, connection, job)
  local ok, pods = diag.catch(made.pods, connection, job)
  local latest = ok and require "cluster.ended".latest(pods)
  record.steps = latest and require "cluster.steps".of(job, latest)
  local about = ok and pods or {}
  about[#about + 1] = job
  local warning = require "kube.events".warning(connection, about)
  record.warning = warning and ("%s: %s"):format(warning.reason, warning.message)
end

-- The lines below that of a Job.
local function more_text(record)
  local lines = {}
  for i, step in ipairs(record.steps or {}) do
    lines[i] = ("%s: %s"):format(step.name, require "run.show".state_words(step, step.seconds and step.seconds * 1000))
  end
  lines[#lines + 1] = record.warning
  for i, line in ipairs(lines) do lines[i] = ("    %s\n"):format(diag.visible(line)) end
  return table.concat(lines)
end

local function print_all(given, made, connection, jobs)
  local failed, line = false, line_for(jobs)
  if jobs[1] and given.output == "text" then host.output(line:format("NAMESPACE", "JOB", "STATE", "TIME", "REASON") .. "\n") end
  for _, job in ipairs(jobs) do
    local record = record_of(made, job)
    failed = failed or record.state == "failed"
    if given.whole then add_more(record, made, connection, job) end
    host.output(given.output == "text" and text_of(line, record) .. more_text(record) or diag.quiet_json(json.encode(record)) .. "\n")
  end
  return failed
end

function command.run(given, operands, wrong)
  if #operands > 1 then return wrong "status takes at most one name" end
  return clusters.run(given, function(connection, namespace, report)
    local made = require "cluster.made"
    local name = operands[1]
    local jobs = made.jobs(connection, { name = name, namespace = not given["all-namespaces"] and namespace or nil })
    if name and not jobs[1] then jobs = { clusters.job(connection, name, namespace) } end
    if not jobs[1] and not given.quiet then
      report:add { rule = "kube", severity = "info", message = ("moonstep has made no Job %s"):format(given["all-namespaces"]
        and "in any namespace" or ("in namespace %s; -A lists those of all"):format(namespace)) }
    end
    given.whole = name ~= nil
    return print_all(given, made, connection, jobs) and 1 or 0
  end)
end

return command
