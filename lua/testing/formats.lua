-- How results of tests are printed: for people, as TAP (version 14), as JUnit's XML.
--
-- Each format takes { files = { { name, results | nil, why }, … }, passed, failed, broken, coverage = lines or nil } and gives a text. A
-- file that could not be loaded stands as one failure.
local diag = require "base.diag"

local formats = {}

-- What a failure says, as text with line ends.
local function text_of(failure, coloured) return diag.human(failure.diagnostic, coloured) .. (failure.diff or "") end

local function texts_of(failures, coloured)
  local out = {}
  for i, failure in ipairs(failures) do out[i] = text_of(failure, coloured) end
  return table.concat(out)
end

local function counted(n, word) return ("%d %s%s"):format(n, word, n == 1 and "" or "s") end

local function summary(all)
  return ("%s: %d passed, %d failed%s"):format(counted(all.passed + all.failed, "test"), all.passed, all.failed,
    all.broken > 0 and ("; %s could not be loaded"):format(counted(all.broken, "file")) or "")
end

-- Every result as { file, name, line, failures }, a broken file as one of them.
local function cases(all)
  local found = {}
  for _, file in ipairs(all.files) do
    if not file.results then
      found[#found + 1] = { file = file.name, name = "loading " .. file.name, failures = { { diagnostic = file.why } }, broken = true }
    end
    for _, result in ipairs(file.results or {}) do
      found[#found + 1] = { file = file.name, name = result.test.name, line = result.test.line, failures = result.failures }
    end
  end
  return found
end

function formats.human(all, coloured)
  local out = {}
  for _, case in ipairs(cases(all)) do out[#out + 1] = texts_of(case.failures, coloured) end
  for _, line in ipairs(all.coverage or {}) do out[#out + 1] = diag.visible(line) .. "\n" end
  out[#out + 1] = summary(all) .. "\n"
  return table.concat(out)
end

function formats.tap(all)
  local found = cases(all)
  local out = { "TAP version 14\n", ("1..%d\n"):format(#found) }
  for i, case in ipairs(found) do
    local ok = #case.failures == 0
    local name = diag.visible(("%s: %s"):format(case.file, case.name)):gsub("[\\#]", "\\%0")
    out[#out + 1] = ("%sok %d - %s\n"):format(ok and "" or "not ", i, name)
    if not ok then
      out[#out + 1] = ("  ---\n  message: |\n    %s\n  ...\n"):format(texts_of(case.failures):gsub("\n$", ""):gsub("\n", "\n    "))
    end
  end
  for _, line in ipairs(all.coverage or {}) do out[#out + 1] = "# " .. diag.visible(line) .. "\n" end
  out[#out + 1] = "# " .. summary(all) .. "\n"
  return table.concat(out)
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\n"] = "&#10;" }

-- Text for an attribute, without what XML cannot hold.
local function attribute(text) return (diag.visible(text):gsub('[&<>"]', ENTITIES)) end

-- Text for an element: lines stay lines.
local function content(text) return (text:gsub("[&<>]", ENTITIES):gsub("[%z\1-\8\11-\31]", "?")) end

local function junit_case(out, case)
  local line = case.line and (' line="%d"'):format(case.line) or ""
  local file = attribute(case.file)
  local head = ('    <testcase name="%s" classname="%s" file="%s"%s'):format(attribute(case.name), file, file, line)
  if #case.failures == 0 then
    out[#out + 1] = head .. "/>\n"
    return
  end
  local element = case.broken and "error" or "failure"
  local first = case.failures[1].diagnostic
  out[#out + 1] = ('%s>\n      <%s type="%s" message="%s">%s</%s>\n    </testcase>\n'):format(head, element, attribute(first.rule),
    attribute(first.message), content(texts_of(case.failures)), element)
end

function formats.junit(all)
  local out = { '<?xml version="1.0" encoding="UTF-8"?>\n', ('<testsuites name="moonstep" tests="%d" failures="%d" errors="%d">\n'):format(
    all.passed + all.failed + all.broken, all.failed, all.broken) }
  for _, file in ipairs(all.files) do
    local found = cases { files = { file } }
    local failed = 0
    for _, case in ipairs(found) do failed = failed + (#case.failures > 0 and not case.broken and 1 or 0) end
    if #found > 0 then
      out[#out + 1] = ('  <testsuite name="%s" tests="%d" failures="%d" errors="%d">\n'):format(attribute(file.name), #found, failed,
        file.results and 0 or 1)
      for _, case in ipairs(found) do junit_case(out, case) end
      out[#out + 1] = "  </testsuite>\n"
    end
  end
  out[#out + 1] = "</testsuites>\n"
  return table.concat(out)
end

return formats
