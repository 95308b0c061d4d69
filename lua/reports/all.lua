-- Reports of a run: what `--format` and `--report FORMAT=FILE` ask for.
--
-- Findings are printed as they come in the formats that can (human, ndjson, github); the others need all of them and are written when the
-- run is over, however it ended. A run that the parent process has to end by force, for a limit of time, leaves no reports.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local near = require "base.near"

local reports = {}

-- The formats, in the order in which help names them.
reports.formats = { "human", "json", "ndjson", "sarif", "junit", "github", "tap", "html" }

-- A text for each finding as it comes. Most runs need none of the formats that have a module of their own.
local AT_ONCE = { human = diag.human, ndjson = diag.ndjson, github = function(d) return require "reports.github"(d) end }

-- One text of them all, or a list of texts to be joined: function(findings, { version, status, rules, fails = function(finding), seen,
-- title, facts }); a finding that does not make the run fail is no failure in a report of tests.
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

-- The text of a report of any format, or a list of texts.
local function text_of(format, findings, run)
  if AT_END[format] then return AT_END[format](findings, run) end
  local out = {}
  for _, d in ipairs(findings) do
    if not d.waived then out[#out + 1] = AT_ONCE[format](d) end
  end
  return table.concat(out)
end

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
  report.title, report.facts = settings.title, settings.facts
  return report
end

-- A report that cannot be written is told on standard error: standard output may be a machine's.
local function complain(report, problem)
  report.write, report.text = host.message, report.format == "ndjson" and diag.ndjson or diag.human
  report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
end

local function joined(text) return type(text) == "table" and table.concat(text) or text end

-- Each report is written for itself: one that cannot be leaves the others as they are.
local function write_target(target, text)
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
      title = report.title, facts = report.facts }
  end
  for _, target in ipairs(report.targets) do
    local ok, problem = write_target(target, text_of(target.format, report.kept, run()))
    if not ok then complain(report, problem) end
  end
  if AT_END[report.format] then
    local _, why = write(joined(text_of(report.format, report.quiet and errors_of(report.kept) or report.kept, run())))
    if why then complain(report, { id = "output", message = "cannot write the output: " .. why }) end
  end
  return report:status()
end

return reports
