-- Reports of a run: what `--format` and `--report FORMAT=FILE` ask for.
--
-- Findings are printed as they come in the formats that can (human, ndjson, github); the others need all of them and are written when the
-- run is over, however it ended. A run that the parent process has to end by force, for a limit of time, leaves no reports.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local near = require "base.near"
local written = require "reports.written"

local reports = {}

-- The formats, in the order in which help names them.
reports.formats = { "human", "json", "ndjson", "sarif", "junit", "github", "tap", "html" }

-- A text for each finding as it comes. Most runs need none of the formats that have a module of their own.
local AT_ONCE = { human = diag.human, ndjson = diag.ndjson, github = function(d) return require "reports.github"(d) end }

-- A report of all of them: function(findings, { version, status, rules, fails = function(finding), seen, title, facts } [, add]) returns
-- one text or a list of texts to be joined, or gives them to `add`, as reports.written says. A finding that does not make the run fail is
-- no failure in a report of tests.
local AT_END = {
  json = function(...) return require "reports.json"(...) end, sarif = function(...) return require "reports.sarif"(...) end,
  junit = function(...) return require "reports.junit"(...) end, tap = function(...) return require "reports.tap"(...) end,
  html = function(...) return require "reports.html.run"(...) end,
}

-- What --quiet leaves of them.
local function errors_of(findings)
  local errors = {}
  for _, d in ipairs(findings) do
    if d.severity == "error" and not d.waived then errors[#errors + 1] = d end
  end
  return errors
end

-- What is printed at once, as a report of all of them. People see lines of their files as they were when they were found.
local function messages(format)
  return written(function(each, _, add)
    for d in each() do
      if not d.waived then add(format == "human" and d.shown or AT_ONCE[format](d)) end
    end
  end)
end

-- The report of any format, as one of AT_END.
local function writer(format) return AT_END[format] or messages(format) end

-- targets(list of "FORMAT=FILE", true when "-" may stand for standard output) -> list of { format, path } | nil, message
function reports.targets(given, stdout_is_free)
  local targets, taken = {}, {}
  for i, text in ipairs(given) do
    local format, path = text:match "^([^=]*)=(.+)$"
    if not format then return nil, ("--report takes FORMAT=FILE, not %q"):format(text) end
    if not AT_ONCE[format] and not AT_END[format] then
      local meant = near(format, reports.formats)
      return nil, ("there is no report format %s; there is %s%s"):format(format, table.concat(reports.formats, ", "),
        meant and "; did you mean " .. meant .. "?" or "")
    end
    if taken[path] then return nil, ("--report: %s is given twice"):format(path) end
    if path == "-" and not stdout_is_free then
      return nil, "--report: standard output is for the objects; give a file instead of -"
    end
    taken[path] = true
    targets[i] = { format = format, path = path }
  end
  return targets
end

-- report:take_batch(files): the findings of its targets will be in the file files.targets (batch.record), behind those that there are by
-- now, and before those that come; files.texts and files.scratch are to make reports in.
local function take_batch(self, files_of_batch) self.batch, self.before = files_of_batch, #self.kept end

-- open(settings of diag.report, targets) -> the report that a run adds its diagnostics to. Messages that are what was asked for (`stdout`)
-- go to standard output, unless one of the targets does. With a page among them, the run adds to the report's list `seen` what output.seen
-- tells of each target; settings.title and settings.facts are what reports.html has at its head.
function reports.open(settings, targets)
  local page = settings.format == "html"
  for _, target in ipairs(targets) do
    settings.stdout = settings.stdout and target.path ~= "-"
    page = page or target.format == "html"
  end
  settings.text = AT_ONCE[settings.format] or false
  settings.kept = (#targets > 0 or AT_END[settings.format]) and {} or nil
  local report = diag.report(settings)
  report.format, report.targets, report.seen = settings.format, targets, page and {} or nil
  report.title, report.facts, report.take_batch = settings.title, settings.facts, take_batch
  return report
end

-- A report that cannot be written is told on standard error: standard output may be a machine's.
local function complain(report, problem)
  report.write, report.text = host.message, report.format == "ndjson" and diag.ndjson or diag.human
  report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
end

-- --- reports of batches, which need not fit into memory

-- What an earlier run has done that this one goes on with; nil where there is none.
local function known_targets(report, with_texts) return report.batch.known and report.batch.known(with_texts) end

-- A function that returns iterators over all findings, in the order of the rows.
local function all_findings(report)
  local kept, before = report.kept, report.before
  return function()
    local at, rows = 0, require "batch.record".findings(report.batch.targets, known_targets(report, false))
    return function()
      local d = at >= before and rows and rows() or nil
      if d then return d end
      if at >= before then rows = nil end
      at = at + 1
      return kept[at]
    end
  end
end

local TOGETHER = 1 << 16 -- bytes that are written at once

-- A function that adds texts to a file without a name, and one that writes what is left.
local function adder(spool)
  local parts, size = {}, 0
  local function flush()
    local ok, why = spool:add(table.concat(parts))
    if not ok then diag.raise { rule = "system", message = "cannot keep the report: " .. why } end
    parts, size = {}, 0
  end
  return function(text)
    parts[#parts + 1], size = text, size + #text
    if size >= TOGETHER then flush() end
  end, flush
end

local function print_all(spool)
  local at, ok, why = 0, true, nil
  while ok and at < spool:size() do
    local bytes = spool:read(at, TOGETHER)
    at = at + #bytes
    ok, why = host.output(bytes)
  end
  return ok, { id = "output", message = "cannot write the output: " .. tostring(why) }
end

-- The page of a batch is never large (reports.html.spool), so it is made in memory.
local function write_page(report, target, run)
  run.kept, run.namespace = report.kept, report.batch.namespace
  function run.targets(take_plan) return require "batch.record".targets(report.batch.targets, known_targets(report, true), take_plan) end
  local parts = require "reports.html.batch"(run)
  if target.path ~= "-" then return files.replace(target.path, parts) end
  local ok, why = host.output(table.concat(parts))
  return ok, { id = "output", message = "cannot write the output: " .. tostring(why) }
end

local function write_batch(report, target, run)
  if target.format == "html" then return write_page(report, target, run) end
  local spool = report.batch.texts
  local add, flush = adder(spool)
  local ok, raised = diag.catch(function()
    assert(spool:cut(0) and report.batch.scratch:cut(0))
    writer(target.format)(all_findings(report), run, add)
    flush()
  end)
  if not ok then return nil, { id = raised.rule, message = raised.message } end
  if target.path == "-" then return print_all(spool) end
  return files.replace(target.path, spool)
end

-- --- the end

local function joined(text) return type(text) == "table" and table.concat(text) or text end

-- Each report is written for itself: one that cannot be leaves the others as they are.
local function write_target(report, target, run)
  if report.batch then return write_batch(report, target, run) end
  local text = writer(target.format)(report.kept, run)
  if target.path ~= "-" then return files.replace(target.path, text) end
  local ok, why = host.output(joined(text))
  return ok, { id = "output", message = "cannot write the output: " .. tostring(why) }
end

-- close(report) -> exit status: writes what is still to be written. Without that, nothing can fail any more.
function reports.close(report)
  if #report.targets == 0 and not AT_END[report.format] then return report:status() end
  local write = report.write
  local function fails(d) return not d.waived and (d.trouble or diag.fails(d.severity, report.fail_on)) end
  local function run()
    return { version = host.version(), status = report:status(), rules = report.rules or {}, fails = fails, seen = report.seen,
      title = report.title, facts = report.facts, scratch = report.batch and report.batch.scratch }
  end
  for _, target in ipairs(report.targets) do
    local ok, problem = write_target(report, target, run())
    if not ok then complain(report, problem) end
  end
  if AT_END[report.format] then
    local _, why = write(joined(writer(report.format)(report.quiet and errors_of(report.kept) or report.kept, run())))
    if why then complain(report, { id = "output", message = "cannot write the output: " .. why }) end
  end
  return report:status()
end

return reports
