-- Runs tests: each goes the road that `moonstep check` or `moonstep render` goes, with the scripts that it is about.
--
-- A result is { test, failures }; a failure is { diagnostic, diff = text or nil }. Scripts are loaded once for all tests of a file that ask
-- for the same with the same options, and anew for the next file.
local config = require "scripts.config"
local diag = require "base.diag"
local diff = require "base.diff"
local expect = require "testing.expect"
local files = require "engine.files"
local find = require "testing.find"
local glob = require "base.glob"
local grants = require "scripts.grants"
local host = require "engine.host"
local packs = require "scripts.packs"
local registry = require "scripts.registry"
local road = require "road"
local sandbox = require "scripts.sandbox"
local value = require "base.value"

local run = {}

-- The usual limits: a folder's moonstep.yaml may say otherwise for its own tests.
local USUAL = { memory = sandbox.limits.memory, cpu = sandbox.limits.cpu, wall = sandbox.limits.wall }

-- --- what a run reports

-- What takes the place of a report: keeps all that the road says and that is not waived.
local function collector()
  local seen = { all = {}, troubles = 0 }
  function seen:add(d)
    if d.waived then return end
    table.insert(self.all, d)
    if d.severity == "error" and d.trouble then self.troubles = self.troubles + 1 end
  end
  function seen:status() return self.troubles > 0 and 2 or 0 end
  return seen
end

-- --- what a test asks for

local function all_of(list, f)
  local out = {}
  for i, v in ipairs(list or {}) do out[i] = f(v) end
  return out
end

-- The scripts and policies that a test is about. What it names by a path lies beside it.
local function subjects(test, file)
  local declared = test.declared
  if not declared.policies and not declared.scripts then return file.scripts, {} end
  local function beside(path) return path:sub(1, 1) == "/" and path or test.folder .. path:gsub("^%./", "") end
  local function policy(name) return packs.is_path(name) and beside(name) or name end
  return all_of(declared.scripts, beside), all_of(declared.policies, policy)
end

-- What makes one set of loaded scripts another one, as text.
local function key_of(scripts, policies, options)
  local parts = { table.concat(scripts, "\0"), table.concat(policies, "\0") }
  for _, name in ipairs(value.keys(options)) do parts[#parts + 1] = name .. "=" .. options[name] end
  return table.concat(parts, "\0\0")
end

-- The inputs of a test as { name, text } each. Raises a diagnostic when a file cannot be read.
local function inputs_of(test, sources)
  local declared, all = test.declared, {}
  if declared.input then all[1] = sources:input(test) end
  local paths = table.move(declared.files or {}, 1, #(declared.files or {}), declared.file and 2 or 1, { declared.file })
  for _, path in ipairs(paths) do
    local text, problem = files.read_beneath(grants.as_path(test.folder), path)
    if not text then diag.raise { rule = problem.id, message = problem.message } end
    all[#all + 1] = { test.folder .. path, text }
  end
  return all
end

-- The options of the road for a test.
local function road_options(test, file, settings)
  local declared = test.declared
  local scripts, policies = subjects(test, file)
  local given = declared.options or {}
  return {
    files = inputs_of(test, settings.sources), namespace = declared.namespace, task = declared.task, session = declared.session,
    kind = declared.kind or "Job", set = declared.set or {}, param = declared.param or {}, own_options = settings.own_options,
    given_options = given, policies = policies, scripts = scripts, grants = {}, template = declared.template, site = file.site,
    allow_unset = {}, today = declared.today or host.today(), fail_on = "error", asked = {}, judge = not declared.render, no_plan = true,
    emit_all = true, output = declared.render and "yaml" or nil, texts = {}, each = true,
    key = key_of(scripts, policies, given) .. "\0" .. (declared.replay or ""),
    exchanges = { replay = declared.replay and test.folder .. declared.replay },
  }
end

-- The loaded scripts for a test, which are the file's when it has had the same already.
local function load_scripts(options, file, seen, settings)
  local loaded = file.loaded[options.key]
  if not loaded then
    loaded = road.scripts(options, seen)
    file.loaded[options.key] = loaded
    if settings.coverage then settings.coverage:watch(loaded) end
  end
  options.registry = loaded
end

-- Goes the road for a test. Returns the options with what was made, and what was reported.
local function go(test, file, settings)
  local seen = collector()
  local options
  local ok, raised = diag.catch(function()
    options = road_options(test, file, settings)
    load_scripts(options, file, seen, settings)
    road.render(options, seen)
  end)
  if not ok then seen:add(raised) end
  return options or { texts = {} }, seen.all
end

-- --- what a test expects

-- A line of a test as a place; without one, that of its declaration.
local function place_in(test, line, column)
  line, column = line or test.line, column or 1
  return { file = test.file, line = line, column = column, end_line = line, end_column = column + 1 }
end

local function words_for(test) return ("test %q"):format(test.name) end

-- The diagnostic of a failure, at a line of the test.
local function failure(test, rule, message, line, column)
  return { rule = rule, severity = "error", message = message, within = words_for(test), place = place_in(test, line, column) }
end

-- An error that came up while the test was run, and which test that was.
local function error_in(test, d)
  d.within = (d.within and d.within .. ", in " or "") .. words_for(test)
  d.place = d.place or place_in(test)
  return d
end

-- Sorts what was reported: findings of rules that the test looks at, and errors of any other kind.
local function sort_out(all, options, wanted)
  local looked_at, found, errors, limit = {}, {}, {}, false
  for _, rule in ipairs(options.registry and options.registry.rules or {}) do looked_at[rule.name] = true end
  for _, each in ipairs(wanted) do looked_at[each.rule] = true end
  for _, d in ipairs(all) do
    limit = limit or d.limit
    local finding = d.object and looked_at[d.rule]
    if finding and not d.waived then found[#found + 1] = d
    elseif not finding and d.severity == "error" then errors[#errors + 1] = d end
  end
  return found, errors, limit
end

local function check_findings(test, found, wanted, sources, fail)
  local missing, unexpected = expect.compare(found, wanted)
  local several = expect.several(found)
  for _, each in ipairs(missing) do
    fail(failure(test, "missing-finding", each.text, sources:line(test, each.text)))
  end
  for _, finding in ipairs(unexpected) do
    local d = failure(test, "unexpected-finding", expect.shown(finding, several))
    d.place = finding.place or d.place
    fail(d)
  end
end

local function check_error(test, errors, fail)
  local seen = {}
  for i, d in ipairs(errors) do
    if d.message:find(test.declared.error, 1, true) then return end
    seen[i] = d.message
  end
  fail(failure(test, "missing-error", ("no error says %q; %s"):format(test.declared.error,
    #seen == 0 and "nothing failed" or "what failed: " .. table.concat(seen, "; "))))
end

local MOST_LINES = 200 -- of a difference that are shown

local function shown_diff(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    if #lines == MOST_LINES then
      lines[#lines + 1] = "…\n"
      break
    end
    lines[#lines + 1] = diag.visible(line) .. "\n"
  end
  return table.concat(lines)
end

local function check_snapshot(test, made, settings, fail)
  local name = test.declared.snapshot
  local path = test.folder .. name
  local kept, problem = files.read_beneath(grants.as_path(test.folder), name)
  -- nothing is written where links lead out of the folder, so only a file that is not there may be missing
  if problem and not problem.message:find "No such file or directory$" then return fail(failure(test, problem.id, problem.message)) end
  if kept == made then return end
  if settings.update then
    settings.snapshots[#settings.snapshots + 1] = { path, made }
    return
  end
  if not kept then
    return fail(failure(test, "no-snapshot", ("there is no %s; moonstep test --update writes it"):format(path)))
  end
  fail(failure(test, "snapshot-differs", ("what was rendered is not what %s says; moonstep test --update writes it"):format(path)),
    shown_diff(diff.unified(kept, made, path, "rendered")))
end

-- --- tests and files

-- Runs a test. Returns its result.
local function run_test(test, file, settings)
  local failures, declared = {}, test.declared
  local function fail(d, text) failures[#failures + 1] = { diagnostic = d, diff = text } end
  local wanted = all_of(declared.expect, expect.parse)
  local options, all = go(test, file, settings)
  local found, errors, limit = sort_out(all, options, wanted)
  if limit and options.key then file.loaded[options.key] = nil end -- what hit a limit is not asked again
  if declared.error then check_error(test, errors, fail)
  else
    for _, d in ipairs(errors) do fail(error_in(test, d)) end
  end
  if declared.expect then check_findings(test, found, wanted, settings.sources, fail) end
  if declared.snapshot and #failures == 0 then check_snapshot(test, table.concat(options.texts, "---\n"), settings, fail) end
  return { test = test, failures = failures }
end

-- file(path, settings) -> the results of the file's tests | nil, why it cannot be loaded. Settings: own_options, sources; config, a path or
-- nil; filter, a glob of names or nil; coverage or nil; update, and then snapshots gets { path, text } of those to be written.
function run.file(path, settings)
  local site, declared
  sandbox.set_limits(USUAL)
  local ok, why = diag.catch(function()
    site = config.load(settings.config, path:match "^(.*/)[^/]*$" or "")
    declared = registry(config.without_scripts(site), { tests = path, grants = {} }, collector())
  end)
  if not ok then return nil, why end
  local results = {}
  local file = { site = config.without_scripts(site), scripts = find.scripts(path, site), loaded = {} }
  for _, test in ipairs(declared.tests) do
    if not settings.filter or glob.matches(settings.filter, test.name) then results[#results + 1] = run_test(test, file, settings) end
  end
  return results
end

return run
