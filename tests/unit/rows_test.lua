-- engine.fill: what values mean in each format, and what scripts of ours see of rows. Where rows end and stand is rows_test.c's.
local suite = dofile "tests/lib/suite.lua"
local fill = require "engine.fill"

local path = os.tmpname()

local function write(text, ending)
  local name = path .. (ending or "")
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
  return name
end

local PIECE = 100 -- rows

-- each_row(path [, format]) -> iterator | nil, problem: gives each row; false and a problem for a malformed one, and for what ends it all.
local function each_row(name, format)
  local reader, problem = fill.open(name, format)
  if not reader then return nil, problem end
  local within = false
  return function()
    while true do
      local row, why
      if within then row, why = reader:row "" end
      if row then return row end
      if row == false then return false, why end
      local piece
      piece, why = reader:next(PIECE)
      within = piece ~= nil
      if why and not piece then return false, why end
      if not piece then return nil end
      reader:give(piece, {})
    end
  end
end

-- The rows of a text, and the problems.
local function read(text, format, ending)
  local name = write(text, ending)
  local each, problem = each_row(name, format)
  local found, problems = {}, { problem }
  for row, why in each or function() end do
    if row then found[#found + 1] = row
    else
      problems[#problems + 1] = why
      if not why.place then break end
    end
  end
  os.remove(name)
  return found, problems
end

-- { written in JSON or YAML, the value's text; false: none, nil: an error }
local VALUES = {
  { '"x"', "x" },
  { '""', "" },
  { '" "', " " },
  { '"null"', "null" },
  { '"a\\nb"', "a\nb" },
  { '"\\u00e9"', "é" },
  { "null", false },
  { "true", "true" },
  { "false", "false" },
  { "0", "0" },
  { "-0", "0" },
  { "17", "17" },
  { "-17", "-17" },
  { "9223372036854775807", "9223372036854775807" },
  { "9223372036854775808", "9223372036854775808" },
  { "-9223372036854775809", "-9223372036854775809" },
  { "1.10", "1.10" },
  { "1.0", "1.0" },
  { "-0.0", "-0.0" },
  { "1e3", "1e3" },
  { "1E-7", "1E-7" },
  { "1e-999", "1e-999" },
  { "[1]", nil },
  { "{}", nil },
  { '"\\u0000"', nil },
}

-- { written in YAML, the value's text }
local YAML_VALUES = {
  { "yes", "true" }, { "OFF", "false" }, { "'yes'", "yes" }, { "0777", "511" }, { "'0777'", "0777" },
  { "0x10", "16" }, { "1_000", "1000" }, { "0xffffffffffffffff", "0xffffffffffffffff" }, { "+1.5", "+1.5" }, { ".5", ".5" },
  { "!!str 1.10", "1.10" }, { "!!float 1", "1" }, { "1:30", "1:30" },
  { "2024-02-29", "2024-02-29" }, { "~", false }, { "", false }, { "x y", "x y" }, { "!!binary aGk=", "hi" },
  { "1e400", "1e400" }, { ".nan", nil },
}

-- { the cell as it is written, the value's text }
local CSV_VALUES = {
  { "x", "x" }, { " x ", " x " }, { "", false }, { '""', false }, { '"x"', "x" }, { '"a,b"', "a,b" }, { '"a\nb"', "a\nb" },
  { '"a\r\nb"', "a\r\nb" },
  { '""""', '"' }, { "1.10", "1.10" }, { "0777", "0777" }, { "null", "null" }, { "é", "é" },
}

local function check(form, format, values)
  for _, case in ipairs(values) do
    local text = form:format(case[1])
    local found, problems = read(text, format)
    if case[2] == nil then suite.equal({ #found, #problems }, { 0, 1 }, text)
    else
      suite.equal({ #found, #problems }, { 1, 0 }, text)
      suite.equal(found[1].variables.A, case[2] or nil, text)
    end
  end
end

-- A row as each format has it.
local SAME = {
  ndjson = '{"name": "a", "namespace": "shop", "task": "t", "variables": {"A": "x", "B": 1}, "params": {"C": true}}\n{"name": "b"}\n',
  json = '[{"name": "a", "namespace": "shop", "task": "t", "variables": {"A": "x", "B": 1}, "params": {"C": true}}, {"name": "b"}]',
  csv = "name,namespace,task,variables.A,variables.B,params.C\na,shop,t,x,1,true\nb,,,,,\n",
  yaml = "name: a\nnamespace: shop\ntask: t\nvariables: {A: x, B: 1}\nparams: {C: yes}\n---\nname: b\n",
}

local function without_place(found)
  for _, row in ipairs(found) do row.place = nil end
  return found
end

local WANT = {
  { name = "a", namespace = "shop", task = "t", variables = { A = "x", B = "1" }, params = { C = "true" }, index = 0 },
  { name = "b", variables = {}, params = {}, index = 1 },
}

return suite.run("rows", {
  { "values of JSON", function() check('{"name": "a", "variables": {"A": %s}}', "ndjson", VALUES) end },
  { "values of JSON in an array", function() check('[{"name": "a", "variables": {"A": %s}}]', "json", VALUES) end },
  { "values of JSON in YAML", function() check('{"name": "a", "variables": {"A": %s}}', "yaml", VALUES) end },
  { "values of YAML", function() check("name: a\nvariables:\n  A: %s\n", "yaml", YAML_VALUES) end },
  { "values of CSV", function() check("name,variables.A\na,%s\n", "csv", CSV_VALUES) end },
  { "formats give the same", function()
    for format, text in pairs(SAME) do suite.equal(without_place((read(text, format))), WANT, format) end
  end },
  { "formats are known by the name, or by the first bytes", function()
    for format, text in pairs(SAME) do
      suite.equal(without_place((read(text, nil, "." .. format))), WANT, format)
      suite.equal(without_place((read(text))), WANT, format)
    end
  end },
  { "the name comes before the bytes", function()
    local found, problems = read("[]", nil, ".ndjson")
    suite.equal({ #found, #problems }, { 0, 1 })
  end },
  { "a malformed row stands where it stood, and the next one is read", function()
    local name = write '{"name": "a"}\n{"name": "A"}\n{"name": "b"}\n'
    local seen = {}
    for row, why in each_row(name) do seen[#seen + 1] = { row and row.name, why and why.id, (why or row).place, (why or row).index } end
    suite.equal(seen, {
      { "a", nil, { file = name, line = 1, column = 1, end_line = 1 }, 0 },
      { false, "bad-row", { file = name, line = 2, column = 1, end_line = 2 }, 1 },
      { "b", nil, { file = name, line = 3, column = 1, end_line = 3 }, 2 },
    })
    os.remove(name)
  end },
  { "keys that a row has are named", function()
    local _, problems = read '{"nmae": "a"}'
    suite.equal(problems[1].message, 'a row has no "nmae"; it has name, namespace, task, variables and params')
    suite.equal({ problems[1].line, problems[1].column }, { 1, 2 })
  end },
  { "what breaks an array ends it, behind the rows before", function()
    local found, problems = read '[{"name": "a"} {"name": "b"}]'
    suite.equal({ #found, #problems, problems[1].id, problems[1].index, problems[1].place }, { 1, 1, "json-syntax" })
  end },
  { "more rows than a piece holds", function()
    local lines = {}
    for i = 1, 1234 do lines[i] = ('{"name": "a-%d"}\n'):format(i) end
    local found = read(table.concat(lines))
    suite.equal({ #found, found[1234].name, found[1234].index, found[1234].place.line }, { 1234, "a-1234", 1233, 1234 })
  end },
  { "an iterator that is over stays so", function()
    local name = write '{"name": "a"}'
    local each = each_row(name)
    suite.equal({ each().name, (each()) == nil, (each()) == nil }, { "a", true, true })
    os.remove(name)
  end },
  { "no file, and a folder", function()
    local each, problem = each_row "tests/no-such-file.csv"
    suite.equal({ each, problem.id }, { nil, "unreadable" })
    suite.equal(problem.message, "cannot read tests/no-such-file.csv: No such file or directory")
    each, problem = each_row("tests", "csv")
    suite.equal({ each, problem.id }, { nil, "unreadable" })
  end },
  { "wrong columns are a problem before any row", function()
    local name = write "name,nmae\na,b\n"
    local each, problem = each_row(name, "csv")
    suite.equal({ each, problem.id, problem.line, problem.column }, { nil, "bad-row", 1, 6 })
    os.remove(name)
  end },
  { "a format that there is not", function() suite.raises("invalid option", fill.open, "tests", "xml") end },
})
