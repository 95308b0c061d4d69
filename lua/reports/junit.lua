-- Findings as JUnit XML, as CI systems read it: a test suite for each file, in it a test case for each rule that has findings there, and a
-- suite of the rules that found nothing.
--
-- A case with findings that make the run fail is a `failure`, or an `error` where something could not be read or rendered. Other findings
-- stand in the case's output. A case of which everything is waived is skipped.
local diag = require "base.diag"
local passed = require "reports.passed"
local written = require "reports.written"

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }

-- Text as XML takes it, in attributes too. Controls are visible by then; two more characters are not allowed.
local function escape(text)
  text = diag.visible(text):gsub("\u{fffe}", "\\ufffe"):gsub("\u{ffff}", "\\uffff")
  return (text:gsub("[&<>\"']", ENTITIES))
end

-- The finding in lines, as people read it.
local function lines_of(d)
  local place = d.place
  local where = place and diag.visible(place.file) .. (place.line and (":%d:%d"):format(place.line, place.column) or "") or "moonstep"
  local lines = { escape(("%s: %s: %s"):format(where, d.severity, d.message)) }
  if d.hint then lines[#lines + 1] = "    " .. escape(d.hint) end
  if d.within then lines[#lines + 1] = "    in " .. escape(d.within) end
  if d.waived then lines[#lines + 1] = "    waived: " .. escape(d.waived.reason) end
  return table.concat(lines, "\n")
end

-- --- cases
--
-- Findings come in the order of the run, and in any number. So the lines of a case are written into a file without a name when they have
-- become many, and memory holds where they stand there; a run in memory has no such file.

local MOST_LINES = 1 << 16 -- bytes of a case that are in memory

local function new_lines() return { size = 0, away = {} } end

local function add_line(lines, text, scratch)
  lines[#lines + 1], lines.size = text, lines.size + #text
  if not scratch or lines.size < MOST_LINES then return end
  local block = table.concat(lines, "\n") .. "\n"
  table.insert(lines.away, { scratch:size(), #block })
  assert(scratch:add(block))
  for i = #lines, 1, -1 do lines[i] = nil end
  lines.size = 0
end

local function put_lines(add, lines, scratch)
  for i, at in ipairs(lines.away) do
    local block = scratch:read(at[1], at[2])
    add(i == #lines.away and not lines[1] and block:sub(1, -2) or block)
  end
  add(table.concat(lines, "\n"))
end

local function new_case(name) return { name = name, count = 0, waived = 0, failed = 0, bad = new_lines(), other = new_lines() } end

-- The case of a finding among the suites, a list of { name, cases }, both in the order in which findings came.
local function case_of(suites, d)
  local file = d.place and d.place.file or "moonstep"
  local suite = suites.known[file]
  if not suite then
    suite = { name = file, cases = {}, known = {} }
    suites.known[file], suites[#suites + 1] = suite, suite
  end
  local case = suite.known[d.rule]
  if not case then
    case = new_case(d.rule)
    case.file, case.reason = d.place and d.place.file, d.waived and d.waived.reason
    suite.known[d.rule], suite.cases[#suite.cases + 1] = case, case
  end
  return case
end

-- Notes a finding in its case: how that ended is "errors", "failures" or nothing.
local function note(case, d, run)
  local fails = run.fails(d)
  case.count = case.count + 1
  if d.waived then case.waived = case.waived + 1 end
  add_line(fails and case.bad or case.other, lines_of(d), run.scratch)
  if not fails then return end
  case.tag = (d.trouble or case.tag == "errors") and "errors" or "failures"
  case.failed = case.failed + 1
  case.message = case.message or d.message
end

local function suites_of(each, run)
  local suites = { known = {} }
  for d in each() do note(case_of(suites, d), d, run) end
  for _, suite in ipairs(suites) do
    for _, case in ipairs(suite.cases) do
      if not case.tag and case.waived == case.count then case.tag = "skipped" end
    end
  end
  return suites
end

-- --- the text

local ELEMENTS = { errors = "error", failures = "failure" }

local function add_case(add, suite, case, scratch)
  add(('    <testcase classname="%s" name="%s"%s time="0">\n'):format(escape(suite.name), escape(case.name),
    case.file and (' file="%s"'):format(escape(case.file)) or ""))
  if ELEMENTS[case.tag] then
    local more = case.failed > 1 and (" (and %d more)"):format(case.failed - 1) or ""
    add(('      <%s type="%s" message="%s">'):format(ELEMENTS[case.tag], escape(case.name), escape(case.message) .. more))
    put_lines(add, case.bad, scratch)
    add(("</%s>\n"):format(ELEMENTS[case.tag]))
  elseif case.tag == "skipped" then add(('      <skipped message="%s"/>\n'):format(escape("waived: " .. case.reason))) end
  if case.count > case.failed then
    add "      <system-out>"
    put_lines(add, case.other, scratch)
    add "</system-out>\n"
  end
  add "    </testcase>\n"
end

local function counts_of(suite)
  local counts = { tests = #suite.cases, failures = 0, errors = 0, skipped = 0 }
  for _, case in ipairs(suite.cases) do
    if case.tag then counts[case.tag] = counts[case.tag] + 1 end
  end
  return counts
end

local function add_suite(add, suite, scratch)
  local counts = counts_of(suite)
  add(('  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d" time="0">\n'):format(escape(suite.name),
    counts.tests, counts.failures, counts.errors, counts.skipped))
  for _, case in ipairs(suite.cases) do add_case(add, suite, case, scratch) end
  add "  </testsuite>\n"
end

-- report(findings, run [, add]) -> text
return written(function(each, run, add)
  local suites, quiet = suites_of(each, run), {}
  for i, name in ipairs(passed(each, run.rules)) do quiet[i] = new_case(name) end
  if #suites == 0 and #quiet == 0 then quiet[1] = new_case "nothing was found" end
  if #quiet > 0 then suites[#suites + 1] = { name = "rules", cases = quiet } end
  local sum = { tests = 0, failures = 0, errors = 0, skipped = 0 }
  for _, suite in ipairs(suites) do
    for name, count in pairs(counts_of(suite)) do sum[name] = sum[name] + count end
  end
  add '<?xml version="1.0" encoding="UTF-8"?>\n'
  add(('<testsuites name="moonstep" tests="%d" failures="%d" errors="%d" time="0">\n'):format(sum.tests, sum.failures, sum.errors))
  for _, suite in ipairs(suites) do add_suite(add, suite, run.scratch) end
  add "</testsuites>\n"
end)
