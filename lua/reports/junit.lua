-- Findings as JUnit XML, as CI systems read it: a test suite for each file, in it a test case for each rule that has findings there, and a
-- suite of the rules that found nothing.
--
-- A case with findings that make the run fail is a `failure`, or an `error` where something could not be read or rendered. Other findings
-- stand in the case's output. A case of which everything is waived is skipped.
local diag = require "base.diag"
local passed = require "reports.passed"

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

-- The findings by file and rule: a list of { name, cases }, each case { name, findings }, in the order in which they came.
local function suites_of(findings)
  local suites, known = {}, {}
  local function get(list, index, name, new)
    if not index[name] then
      index[name] = new
      list[#list + 1] = new
    end
    return index[name]
  end
  for _, d in ipairs(findings) do
    local file = d.place and d.place.file or "moonstep"
    local suite = get(suites, known, file, { name = file, cases = {}, known = {} })
    local case = get(suite.cases, suite.known, d.rule, { name = d.rule, findings = {} })
    table.insert(case.findings, d)
  end
  return suites
end

-- How a case ended: "errors", "failures", "skipped" or nil; and what tells so.
local function outcome(case, fails)
  local bad, other, tag = {}, {}, nil
  local waived = 0
  for _, d in ipairs(case.findings) do
    local counts = fails(d)
    if counts then tag = (d.trouble or tag == "errors") and "errors" or "failures" end
    if d.waived then waived = waived + 1 end
    table.insert(counts and bad or other, d)
  end
  if not tag and waived == #case.findings and waived > 0 then tag = "skipped" end
  return tag, bad, other
end

local ELEMENTS = { errors = "error", failures = "failure" }

local function all_lines(findings)
  local lines = {}
  for i, d in ipairs(findings) do lines[i] = lines_of(d) end
  return table.concat(lines, "\n")
end

local function case_text(suite, case, tag, bad, other)
  local first = case.findings[1]
  local out = { ('    <testcase classname="%s" name="%s"%s time="0">\n'):format(escape(suite.name), escape(case.name),
    first and first.place and (' file="%s"'):format(escape(first.place.file)) or "") }
  if ELEMENTS[tag] then
    local more = #bad > 1 and (" (and %d more)"):format(#bad - 1) or ""
    out[2] = ('      <%s type="%s" message="%s">%s</%s>\n'):format(ELEMENTS[tag], escape(case.name), escape(bad[1].message) .. more,
      all_lines(bad), ELEMENTS[tag])
  elseif tag == "skipped" then out[2] = ('      <skipped message="%s"/>\n'):format(escape("waived: " .. first.waived.reason)) end
  if #other > 0 then out[#out + 1] = ("      <system-out>%s</system-out>\n"):format(all_lines(other)) end
  return table.concat(out) .. "    </testcase>\n"
end

local function add_counts(to, from)
  for name, count in pairs(from) do to[name] = to[name] + count end
end

local function suite_text(suite, fails)
  local counts, cases = { tests = #suite.cases, failures = 0, errors = 0, skipped = 0 }, {}
  for i, case in ipairs(suite.cases) do
    local tag, bad, other = outcome(case, fails)
    if tag then counts[tag] = counts[tag] + 1 end
    cases[i] = case_text(suite, case, tag, bad, other)
  end
  return ('  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d" time="0">\n%s  </testsuite>\n'):format(
    escape(suite.name), counts.tests, counts.failures, counts.errors, counts.skipped, table.concat(cases)), counts
end

local FORM = [[
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="moonstep" tests="%d" failures="%d" errors="%d" time="0">
%s</testsuites>
]]

-- report(findings, run) -> text
return function(findings, run)
  local suites = suites_of(findings)
  local quiet = {}
  for i, name in ipairs(passed(findings, run.rules)) do quiet[i] = { name = name, findings = {} } end
  if #suites == 0 and #quiet == 0 then quiet[1] = { name = "nothing was found", findings = {} } end
  if #quiet > 0 then suites[#suites + 1] = { name = "rules", cases = quiet } end
  local out, sum = {}, { tests = 0, failures = 0, errors = 0, skipped = 0 }
  for i, suite in ipairs(suites) do
    local counts
    out[i], counts = suite_text(suite, run.fails)
    add_counts(sum, counts)
  end
  return FORM:format(sum.tests, sum.failures, sum.errors, table.concat(out))
end
