-- What the golden cases of tests/messages do not show of reports: fixes, fingerprints, limits of texts; and the list of ids.
local suite = dofile "tests/lib/suite.lua"
local shell = dofile "tests/lib/shell.lua"
local files = require "engine.files"
local ids = require "base.ids"
local load = require "engine.load"
local sarif = require "reports.sarif"
local junit = require "reports.junit"
local tap = require "reports.tap"
local github = require "reports.github"
local json = require "reports.json"

local RUN = { version = "0", status = 1, rules = {}, fails = function(d) return d.severity == "error" and not d.waived end }

-- A finding with what is special about it.
local function finding(more)
  local d = { rule = "r", severity = "error", message = "m",
    place = { file = "a.yaml", line = 3, column = 5, end_line = 3, end_column = 9 } }
  for k, v in pairs(more) do d[k] = v end
  return d
end

-- The value of a JSON text.
local function decode(text)
  return assert(load.next(assert(load.reader(assert(load.source(text, "report"))))))
end

local function results(...) return decode(sarif({ ... }, RUN)).runs[1].results end
local function print_of(d) return results(d)[1].partialFingerprints["moonstepFinding/v1"] end

-- Calls f(name, word in quotes) for each id in a source file.
local function each_id(text, patterns, f)
  for _, pattern in ipairs(patterns) do
    for id in text:gmatch(pattern) do f(id) end
  end
end

local LUA_IDS = { 'rule = "(%l[%l-]*)"', 'problem%("([^"]+)"', '{ "([a-z]+%-limit)"' }
local C_IDS = { '"([a-z]+%-[a-z-]+)"', 'diag_set%([^,"]+, "([^"]+)"', 'process_complain%([^,"]+, "([^"]+)"', '#define MEMORY_ID "([^"]+)"' }
local NO_ID = { ["moonstep-output"] = true, string = true } -- a file's name, and a type of fields

local function ids_in_code()
  local found = {}
  local function look(folder, ending, patterns)
    for path in io.popen(("find %s -name '%s' -not -path 'lua/init/*' | LC_ALL=C sort"):format(folder, ending)):lines() do
      each_id(shell.read(path), patterns, function(id) if not NO_ID[id] and not found[id] then found[id] = path end end)
    end
  end
  look("lua", "*.lua", LUA_IDS)
  look("engine", "*.[ch]", C_IDS)
  return found
end

return suite.run("reports", {
  { "every id in the code is described, and no other", function()
    local found, wrong = ids_in_code(), {}
    for id, path in pairs(found) do
      if not ids[id] then wrong[#wrong + 1] = ("%s is not in lua/base/ids.lua (%s)"):format(id, path) end
    end
    for id in pairs(ids) do
      if not found[id] then wrong[#wrong + 1] = "no code has the id " .. id end
    end
    suite.equal(wrong, {})
  end },
  { "descriptions are lines", function()
    for id, entry in pairs(ids) do
      assert(({ error = true, warning = true, info = true })[entry[1]], id)
      assert(entry[2]:find "^[%a-]" and not entry[2]:find "[.\n]$" and #entry[2] < 110, id)
    end
  end },
  { "edits become a fix with a change for each file", function()
    local function edit(file, line, text)
      return { place = { file = file, line = line, column = 2, end_line = line, end_column = 4 }, text = text }
    end
    local edits = { edit("a.yaml", 1, "x"), edit("b.yaml", 2, ""), edit("a.yaml", 3, "{z}") }
    suite.equal(results(finding { hint = "pin it", edits = edits })[1].fixes, { { description = { text = "pin it" }, artifactChanges = {
      { artifactLocation = { uri = "a.yaml", uriBaseId = "%SRCROOT%" }, replacements = {
        { deletedRegion = { startLine = 1, startColumn = 2, endLine = 1, endColumn = 4 }, insertedContent = { text = "x" } },
        { deletedRegion = { startLine = 3, startColumn = 2, endLine = 3, endColumn = 4 }, insertedContent = { text = "{z}" } } } },
      { artifactLocation = { uri = "b.yaml", uriBaseId = "%SRCROOT%" }, replacements = {
        { deletedRegion = { startLine = 2, startColumn = 2, endLine = 2, endColumn = 4 }, insertedContent = { text = "" } } } } } } })
  end },
  { "fingerprints stay when lines move, and tell findings apart", function()
    local first = print_of(finding {})
    suite.equal(print_of(finding { place = { file = "a.yaml", line = 90, column = 1, end_line = 91, end_column = 2 } }), first)
    for _, more in ipairs { { rule = "s" }, { message = "n" }, { place = { file = "b.yaml" } }, { object = { kind = "Job", name = "x" } },
      { within = "Function f" }, { path = "spec" } } do
      assert(print_of(finding(more)) ~= first)
    end
    local twice = results(finding {}, finding {})
    assert(twice[1].partialFingerprints["moonstepFinding/v1"] == first and twice[2].partialFingerprints["moonstepFinding/v1"] ~= first)
  end },
  { "the hash is FNV-1a of 64 bits", function() -- the value is another program's
    suite.equal(print_of(finding {}), "3e0354d80b9f9b07")
  end },
  { "places become URIs", function()
    for path, uri in pairs { ["a/b.yaml"] = "a/b.yaml", ["./a"] = "a", ["../a"] = "../a", ["/x y"] = "file:///x%20y",
      ["a:b?c"] = "a%3Ab%3Fc", ["\255"] = "%FF" } do
      suite.equal(results(finding { place = { file = path } })[1].locations[1].physicalLocation.artifactLocation.uri, uri)
    end
  end },
  { "addresses that are none are no helpUri", function()
    local function uri_of(source)
      local run = { version = "0", status = 0, rules = { { name = "r", summary = "s", source = source } } }
      return decode(sarif({}, run)).runs[1].tool.driver.rules[1].helpUri
    end
    suite.equal(uri_of "https://example.com/a?b#c", "https://example.com/a?b#c")
    for _, source in ipairs { "javascript:x", "see the book", "https://a b", "https://a>\n" } do suite.equal(uri_of(source), nil) end
  end },
  { "what is very long is cut, in each format", function()
    local long = finding { message = ("x"):rep(100000), hint = ("y"):rep(100000) }
    for name, format in pairs { sarif = sarif, junit = junit, tap = tap, json = json } do
      local text = format({ long }, RUN)
      assert(#text < 60000, name .. " " .. #text)
    end
    assert(#github(long) < 20000)
  end },
  { "no control characters, whatever is in a finding", function()
    local nasty = {}
    for c = 0, 255 do nasty[#nasty + 1] = string.char(c) end
    local all = table.concat(nasty) .. "\u{9b}\u{202e}\u{2066}\u{feff}"
    local d = finding { rule = all, message = all, hint = all, within = all, path = all,
      place = { file = all, line = 1, column = 1, end_line = 1, end_column = 2 },
      object = { kind = all, namespace = all, name = all }, related = { place = { file = all }, message = all }, waived = { reason = all } }
    local e = finding { rule = all, message = all, place = false, trouble = true }
    for name, format in pairs { sarif = sarif, junit = junit, tap = tap, json = json,
      github = function(found) return github(found[1]) .. github(found[2]) end } do
      local text = format({ d, e }, RUN)
      assert(utf8.len(text), name)
      assert(not text:find "[%z\1-\9\11-\31\127]", name)
      assert(not text:find "\194[\128-\159]" and not text:find "\226\128\174" and not text:find "\226\129\166", name)
    end
  end },
  { "a file is replaced as a whole, and keeps its mode", function()
    local folder = io.popen("mktemp -d"):read "l"
    local path = folder .. "/report"
    assert(files.replace(path, "first, and long"))
    os.execute("chmod 640 " .. path)
    assert(files.replace(path, "second"))
    suite.equal(shell.read(path), "second")
    suite.equal(io.popen("stat -c %a " .. path):read "l", "640")
    local ok, problem = files.replace(folder .. "/no/such", "x")
    suite.equal({ ok, problem.id }, { nil, "unwritable" })
    suite.equal(io.popen("ls -A " .. folder):read "a", "report\n")
    os.execute("rm -r " .. folder)
  end },
})
