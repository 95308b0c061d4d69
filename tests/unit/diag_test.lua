local suite = dofile "tests/lib/suite.lua"
local diag = require "base.diag"
local load = require "engine.load"

local TEXT = "name: demo\n\tkey:\t\u{e9}t\u{e9} x\n" .. ("a"):rep(300) .. "\nlast\u{85}bell\7 \u{202e}x\n"
local SOURCE = assert(load.source(TEXT, "dir/demo.yaml"))

local function at(line, column, end_line, end_column)
  return { file = "dir/demo.yaml", source = SOURCE, line = line, column = column, end_line = end_line, end_column = end_column }
end

local function d(more)
  local all = { rule = "some-rule", severity = "error", message = "something is wrong" }
  for k, v in pairs(more) do all[k] = v end
  return all
end

-- { what is special, its human form }
local HUMAN = {
  { {}, "moonstep: error[some-rule]: something is wrong\n" },
  { { severity = "warning" }, "moonstep: warning[some-rule]: something is wrong\n" },
  { { place = { file = "a.yaml" } }, "a.yaml: error[some-rule]: something is wrong\n" },
  { { place = at(1, 7, 1, 11) },
    "dir/demo.yaml:1:7: error[some-rule]: something is wrong\n    1 | name: demo\n      |       ^^^^\n" },
  { { place = at(1, 7, 1, 11), hint = "did you mean x?" },
    "dir/demo.yaml:1:7: error[some-rule]: something is wrong\n    1 | name: demo\n      |       ^^^^ did you mean x?\n" },
  { { hint = "do this" }, "moonstep: error[some-rule]: something is wrong\n      do this\n" },
  { { place = at(1, 7, 1, 7) }, -- an empty place still has a mark
    "dir/demo.yaml:1:7: error[some-rule]: something is wrong\n    1 | name: demo\n      |       ^\n" },
  { { place = at(1, 1, 3, 1) }, -- of several lines the first
    "dir/demo.yaml:1:1: error[some-rule]: something is wrong\n    1 | name: demo\n      | ^^^^^^^^^^\n" },
  { { place = at(1, 11, 1, 11) }, -- behind the line's end
    "dir/demo.yaml:1:11: error[some-rule]: something is wrong\n    1 | name: demo\n      |           ^\n" },
  { { place = at(2, 7, 2, 10) }, -- tabs are one column
    "dir/demo.yaml:2:7: error[some-rule]: something is wrong\n    2 |  key: \u{e9}t\u{e9} x\n      |       ^^^\n" },
  { { place = at(99, 1, 99, 2) }, "dir/demo.yaml:99:1: error[some-rule]: something is wrong\n" },
  { { place = at(99, 1, 99, 2), hint = "h" }, "dir/demo.yaml:99:1: error[some-rule]: something is wrong\n      h\n" },
  { { within = "the Function f" }, "moonstep: error[some-rule]: something is wrong\n      in the Function f\n" },
  { { place = at(1, 7, 1, 11), related = { place = at(1, 1, 1, 5), message = "it was here" } },
    "dir/demo.yaml:1:7: error[some-rule]: something is wrong\n    1 | name: demo\n      |       ^^^^\n" ..
    "dir/demo.yaml:1:1: it was here\n    1 | name: demo\n      | ^^^^\n" },
  { { message = "a\27[31mb\0c\n", hint = "x\127\u{9b}y", within = "\r" }, -- nothing that a terminal obeys
    "moonstep: error[some-rule]: a\\x1b[31mb\\x00c\\x0a\n      x\\x7f\\u009by\n      in \\x0d\n" },
  { { place = { file = "a\nb" } }, "a\\x0ab: error[some-rule]: something is wrong\n" },
}

-- { what is special, its JSON }
local HEAD = '{"rule":"some-rule","severity":"error","message":"something is wrong"'
local NDJSON = {
  { {}, HEAD .. "}\n" },
  { { place = at(1, 7, 1, 11) }, HEAD .. ',"file":"dir/demo.yaml","line":1,"column":7,"endLine":1,"endColumn":11}\n' },
  { { place = { file = "a" } }, HEAD .. ',"file":"a"}\n' },
  { { hint = "h", within = "w" }, HEAD .. ',"hint":"h","within":"w"}\n' },
  { { object = { kind = "Task", namespace = "n", name = "x", index = 0 } },
    HEAD .. ',"object":{"kind":"Task","namespace":"n","name":"x","index":0}}\n' },
  { { message = "a\"\n\27\u{e9}\255" }, '{"rule":"some-rule","severity":"error","message":"a\\"\\n\\u001b\u{e9}\u{fffd}"}\n' },
}

local tests = {}
local function add(name, f) tests[#tests + 1] = { name, f } end
for i, row in ipairs(HUMAN) do
  add("human " .. i, function() suite.equal(diag.human(d(row[1])), row[2]) end)
end
for i, row in ipairs(NDJSON) do
  add("ndjson " .. i, function() suite.equal(diag.ndjson(d(row[1])), row[2]) end)
end

add("colours", function()
  suite.equal(diag.human(d {}, true), "moonstep: \27[1;31merror[some-rule]\27[0m: something is wrong\n")
  for _, severity in ipairs { "error", "warning", "info" } do
    assert(diag.human(d { severity = severity }, true):find("\27[0m", 1, true))
    assert(not diag.human(d { severity = severity }):find "\27")
  end
end)

-- Wherever the place is in a long line, it is in the part that is shown, and the mark is below it.
add("long lines", function()
  for _, column in ipairs { 1, 2, 79, 80, 81, 82, 140, 141, 160, 161, 220, 221, 222, 299, 300, 301 } do
    local text = diag.human(d { place = at(3, column, 3, column + 3) })
    local shown, mark = text:match "\n    3 | (a*)\n      | ( *%^+)\n"
    assert(shown and #shown == 160, column)
    suite.equal(#mark:match "%^+", math.max(1, math.min(3, 160 - #mark:match "^ *")), "width at " .. column)
  end
end)

add("nothing of a line reaches a terminal as it is", function()
  for line = 1, 6 do
    local text = diag.human(d { place = at(line, 1, line, 2) })
    assert(not text:find "[%z\1-\9\11-\31\127]", line)
    assert(not text:find "\194[\128-\159]", line)
  end
end)

add("raise and catch", function()
  local ok, raised = diag.catch(diag.raise, { rule = "r", message = "m" })
  suite.equal({ ok, raised.rule, raised.severity, raised.trouble }, { false, "r", "error", true })
  ok, raised = diag.catch(diag.raise, { rule = "r", message = "m", severity = "warning" })
  suite.equal({ ok, raised.severity }, { false, "warning" })
  suite.equal({ diag.catch(function(a) return a end, 7) }, { true, 7 })
  suite.raises("own", diag.catch, error, "own")
end)

add("the status of a report", function()
  local report = diag.report { format = "human", quiet = true }
  suite.equal(report:status(), 0)
  report:add { rule = "r", severity = "warning", message = "m" }
  report:add { rule = "r", severity = "info", message = "m" }
  suite.equal(report:status(), 0)
  report.failing = 1
  suite.equal(report:status(), 1)
  report.troubles = 1
  suite.equal(report:status(), 2)
end)

return suite.run("diag", tests)
