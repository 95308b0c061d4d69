-- What commands that do batches have in common: their options, and what batch.run is given for them.
local host = require "engine.host"

local batches = {}

local MOST_JOBS = 256

local OPTIONS = {
  { long = "targets", kind = "text", value = "FILE",
    help = "do --task, or the task of each row, for every row of this file, or of the targets that a script declares" },
  { long = "jobs", short = "j", kind = "text", value = "N", help = "with --targets: how many processes (default: one a processor)" },
  { long = "max-errors", kind = "text", value = "N", help = "with --targets: stop when so many targets failed or are withheld" },
  { long = "shard", kind = "text", value = "I/N", help = "with --targets: the I-th of N parts of the rows" },
  { long = "progress", kind = "choice", choices = { "auto", "none", "json" }, default = "auto",
    help = "with --targets: what is told while it goes on" },
  { long = "no-plan", kind = "flag", help = "remember no verdict, and fill no plan: what is printed is the same" },
}

-- These options behind a command's own.
function batches.with(own)
  table.move(OPTIONS, 1, #OPTIONS, #own + 1, own)
  return own
end

local function whole(text) return text:find "^%d+$" and math.tointeger(tonumber(text)) or nil end

-- number(parsed options, name, most) -> the option's number from 1 on; nil where it is not given, and, where it is none, what is wrong
function batches.number(given, name, most)
  local text = given[name]
  if not text then return nil end
  local number = whole(text)
  if number and number >= 1 and number <= most then return number end
  return nil, ("--%s takes a number from 1 %s, not %q"):format(name, most < math.maxinteger and "to " .. most or "on", text)
end

-- In a Pod of an Indexed Job whose completions are told, its own shard.
local function shard_of_pod()
  local index, count = host.environment "JOB_COMPLETION_INDEX", host.environment "JOB_COMPLETIONS"
  if not index or not count or index == "" or count == "" then return nil end
  local i, n = whole(index), whole(count)
  if i and n and i < n then return { number = i + 1, count = n } end
  local words = "JOB_COMPLETION_INDEX=%s and JOB_COMPLETIONS=%s name no shard: the first is a number from 0 on, below the second"
  return nil, words:format(index, count)
end

local function shard_of(text)
  if not text then return shard_of_pod() end
  local i, n = text:match "^(%d+)/(%d+)$"
  i, n = i and whole(i), n and whole(n)
  if i and n and i >= 1 and i <= n then return { number = i, count = n } end
  return nil, ("--shard takes I/N, such as 1/8 for the first of eight, not %q"):format(text)
end

-- What prints each message as it comes; other formats are for reports.
local AT_ONCE = { human = true, ndjson = true, github = true }

-- What workers have to keep for reports: their formats as keys; nil when there are none.
local function recorded(given)
  local wanted = nil
  for _, text in ipairs(given) do
    wanted = wanted or {}
    wanted[text:match "^[^=]*"] = true
  end
  return wanted
end

-- read(parsed options, options of the road) adds what a batch needs to know. Returns nil, or what is wrong.
function batches.read(given, options)
  if not AT_ONCE[given.format] then
    return ("--targets prints messages as they come: --format human, ndjson or github; the others are for --report %s=FILE"):format(
      given.format)
  end
  options.recorded = given.report and recorded(given.report)
  local why
  options.targets, options.no_plan, options.keep_going = given.targets, given["no-plan"], true
  options.jobs, why = batches.number(given, "jobs", MOST_JOBS)
  if why then return why end
  options.max_errors, why = batches.number(given, "max-errors", math.maxinteger)
  if why then return why end
  options.shard, why = shard_of(given.shard)
  options.progress = given.progress ~= "auto" and given.progress or host.coloured(2) and not given.quiet and "bar" or "none"
  return why
end

-- unused(parsed options) -> what is wrong, where options of batches are given and there is none
function batches.unused(given)
  if given.targets then return nil end
  for _, name in ipairs { "jobs", "max-errors", "shard" } do
    if given[name] then return ("--%s is for batches: it needs --targets FILE"):format(name) end
  end
end

return batches
