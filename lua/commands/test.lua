-- moonstep test
local coverage = require "testing.coverage"
local diag = require "base.diag"
local files = require "engine.files"
local find = require "testing.find"
local formats = require "testing.formats"
local host = require "engine.host"
local inputs = require "commands.inputs"
local run = require "testing.run"
local sources = require "testing.sources"
local wall = require "engine.wall"

local command = {
  summary = "run the tests of rules, providers and templates",
  usage = "moonstep test [PATH]... [options]",
  text = [[
Runs the tests in files whose names end in _test.lua: those that are named, and those in the folders that are named and below them (default:
the working folder). A test gives scripts some input and says which findings it expects, what is rendered, or which error; `moonstep help
api` has its fields. The nearest moonstep.yaml, in a test's folder or above it, says what scripts may read, and which options they have.

Exit status: 0 all tests passed, 1 one failed or there was none, 2 a file of tests could not be loaded.
]],
  operands = "file",
  options = {
    { long = "filter", kind = "text", value = "GLOB", help = "run the tests with such names only, such as '*image*'" },
    { long = "update", kind = "flag", help = "write snapshots that are missing or differ" },
    { long = "coverage", kind = "flag", help = "say which rules and lines the tests did not reach" },
    { long = "config", kind = "text", value = "FILE", help = "configuration (default: the nearest moonstep.yaml of each test)" },
    { long = "format", kind = "choice", choices = { "human", "tap", "junit" }, default = "human", help = "how results are printed" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

-- Runs the files. Returns their results as testing.formats takes them.
local function run_all(paths, settings)
  local all = { files = {}, passed = 0, failed = 0, broken = 0 }
  for i, path in ipairs(paths) do
    local results, why = run.file(path, settings)
    all.files[i] = { name = path, results = results, why = why }
    if not results then all.broken = all.broken + 1 end
    for _, result in ipairs(results or {}) do
      if #result.failures == 0 then all.passed = all.passed + 1 else all.failed = all.failed + 1 end
    end
  end
  return all
end

-- Writes the snapshots; of two tests with the same one, the last is written.
local function write_snapshots(snapshots, report)
  local texts = {}
  for _, snapshot in ipairs(snapshots) do texts[snapshot[1]] = snapshot[2] end
  for _, snapshot in ipairs(snapshots) do
    local path, text = snapshot[1], texts[snapshot[1]]
    local ok, problem = true, nil
    if text then ok, problem = files.replace(path, text) end
    texts[path] = nil
    if not ok then report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
    elseif text then
      report:add { rule = "snapshot-written", severity = "info", place = { file = path }, message = "it holds what was rendered" }
    end
  end
end

local function settings_of(given)
  return { own_options = inputs.operator, sources = sources(), config = given.config, filter = given.filter, update = given.update,
    snapshots = {}, coverage = given.coverage and coverage() or nil }
end

local function nothing(given, report)
  report:add { rule = "no-tests", severity = "error", message = given.filter and ("no test has a name like %q"):format(given.filter)
    or "there are no tests: no file whose name ends in _test.lua declares one", hint = "moonstep help test says what a test is" }
  return 1
end

function command.run(given, operands)
  local report = diag.report {}
  local paths, problem = find.tests(operands[1] and operands or { "." })
  if not paths then
    report:add { rule = problem.id, severity = "error", trouble = true, message = problem.message }
    return report:status()
  end
  local settings = settings_of(given)
  -- tests name what they read as they go, and their sites what is granted, so neither reading nor the network is shut off
  wall.enter { read_all = true, network = true, replace = given.update and paths or {} }
  local all = run_all(paths, settings)
  if all.passed + all.failed + all.broken == 0 then return nothing(given, report) end
  write_snapshots(settings.snapshots, report)
  all.coverage = settings.coverage and settings.coverage:lines()
  local ok, why = host.output(formats[given.format](all, host.coloured(1)))
  if not ok then report:add { rule = "output", severity = "error", trouble = true, message = "cannot write the output: " .. why } end
  if all.broken > 0 then return 2 end
  return math.max(report:status(), all.failed > 0 and 1 or 0)
end

return command
