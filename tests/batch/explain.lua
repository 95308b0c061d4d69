-- moonstep explain of single rows: which are found, where their values come from, and what is said when there is none.
-- Usage: moonstep-lua tests/batch/explain.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: explain", ...)

local folder, add, write = stage.folder, stage.add, stage.write

local TASKS = write("tasks.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: registry.example/f, args: ["${A:=none}", "${P:=none}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: f}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: copy}
spec: {steps: [{name: f, params: [{name: P, value: step}]}]}
]])

-- Rows of which some have one name: in two namespaces, and with two Tasks.
local ROWS = write("rows.ndjson", [[
{"name":"orders","namespace":"shop","variables":{"A":"1"}}
{"name":"users","namespace":"shop","variables":{"A":"2"}}

{"name":"orders","namespace":"bank","variables":{"A":"3"},"params":{"P":"row"}}
{"name":"orders","task":"copy"}
{"name":"No","variables":{"A":"5"}}
]])

-- explain(options, names) -> standard output, messages, exit status
local function explain(options, names)
  return shell.run(("%s explain %s -f %s --task dump %s"):format(shell.moonstep, names or "", TASKS, options))
end

local function of_rows(options, names) return explain("--targets " .. ROWS .. " " .. options, names) end

local function expect(want, options, names, status)
  local out, err, got = of_rows(options, names)
  suite.equal({ out:gsub(folder .. "/", ""), err, got }, { want, "", status or 0 })
end

local SHOP = [[
# target shop/orders, row 1 at rows.ndjson:1:1
A = "1"
    from the target's variables at rows.ndjson:1:1
    used at tasks.yaml:4:45 in Function f, step 1 of Task dump, target shop/orders
]]
local BANK = [[
# target bank/orders, row 3 at rows.ndjson:4:1
A = "3"
    from the target's variables at rows.ndjson:4:1
    used at tasks.yaml:4:45 in Function f, step 1 of Task dump, target bank/orders
]]
local OTHER = [[
# target orders, row 4 at rows.ndjson:5:1
A has no value
    used at tasks.yaml:4:45 in Function f, step 1 of Task copy, target orders, where its default counts
]]

add("all rows of a name, or those of a namespace", function()
  expect(SHOP .. BANK .. OTHER, "--target orders", "A")
  expect(BANK, "--target bank/orders", "A")
  expect(OTHER, "--target default/orders", "A")
  expect(OTHER:gsub("target orders", "target bank/orders") .. "", "--target bank/orders -n bank | sed -n '/row 4/,$p'", "A")
end)

add("params, and what is over them", function()
  expect([[
# target bank/orders, row 3 at rows.ndjson:4:1
P = "set"
    from --set
    over "row" from the target's params at rows.ndjson:4:1
    over "param" from --param
    used at tasks.yaml:4:59 in Function f, step 1 of Task dump, target bank/orders
]], "--target bank/orders --set P=set --param P=param", "P")
end)

add("for programs", function()
  local out, err, status = of_rows("--target orders -o json", "A")
  suite.equal({ err, status, select(2, out:gsub("\n", "")) }, { "", 0, 3 })
  assert(out:find('"value":"3","place":{"column":1,"file":"' .. folder .. '/rows.ndjson","line":4}', 1, true), out)
  assert(out:find('^{"object":{"kind":"target","name":"orders","namespace":"shop","index":0},"variables":%['), out)
end)

add("fields of what is made for the row, and of nothing else", function()
  local FIELD = "--field spec.template.spec.containers[0].args[0]"
  expect([[
Job dump-orders: spec.template.spec.containers[0].args[0] = "3"
    written at tasks.yaml:4:42
A = "3"
    from the target's variables at rows.ndjson:4:1
    used at tasks.yaml:4:45 in Function f, step 1 of Task dump, target bank/orders
]], "--target bank/orders " .. FIELD)
  local out = of_rows("--target orders " .. FIELD)
  suite.equal({ select(2, out:gsub("written at", "")), select(2, out:gsub("used at", "")) }, { 3, 3 })
end)

add("rows in every format, by lines of the file", function()
  local rows = { csv = "name,variables.A\na,1\n\"b\",\"x,\ny\"\nc,3\n",
    yaml = "- {name: a}\n- name: b\n- name: c\n  variables:\n    A: 3\n",
    json = '[{"name":"a"},\n{"name":"b"},\n{\n"name":"c",\n"variables":{"A":3}}]' }
  for format, line in pairs { csv = 5, yaml = 3, json = 3 } do
    local out, err, status = explain("--target c --targets " .. write("some." .. format, rows[format]), "A")
    suite.equal({ err, status, out:match "variables at [^\n]*/some%.%l+:(%d+):" }, { "", 0, ("%d"):format(line) }, format)
  end
  local out = shell.run(("%s explain A -f %s --task dump --target b --targets -"):format(shell.moonstep, TASKS),
    '{"name":"a"}\n{"name":"b","variables":{"A":"x"}}\n')
  assert(out:find('A = "x"\n    from the target\'s variables at -:2:1', 1, true), out)
end)

add("targets that a script declares", function()
  local script = write("fleet.lua", [[
targets "fleet" { summary = "all", each = function(emit)
  for i = 1, 3000 do emit { name = "db-" .. i, variables = { A = i } } end
end }
provider "site" { summary = "site", variables = { "P" }, resolve = function(_, ctx) return ctx:variable "TARGET_NAME" end }
]])
  local out, err, status = explain(("--script %s --targets fleet --target db-2999"):format(script))
  suite.equal({ err, status, (out:gsub(folder .. "/", "")) }, { "", 0, [[
# target db-2999, row 2999 at targets fleet:2999:1
A = "2999"
    from the target's variables at targets fleet:2999:1
    used at tasks.yaml:4:45 in Function f, step 1 of Task dump, target db-2999
P = "db-2999"
    from provider site at fleet.lua
    used at tasks.yaml:4:59 in Function f, step 1 of Task dump, target db-2999
]] })
end)

add("what is wrong with the row's target is said", function()
  local out, err, status = explain("--target a --targets -  <" .. write("wrong.ndjson", '{"name":"a","task":"dmp"}\n'))
  suite.equal({ out, status }, { "", 2 })
  assert(err:find("error[missing-object]", 1, true) and err:find("did you mean dump?", 1, true), err)
end)

add("no row of that name", function()
  for target, words in pairs { ordrs = "; did you mean orders?", ["shp/users"] = "; did you mean shop/users?", ["none-of-all"] = "",
    ["users/shop"] = "" } do
    local out, err, status = of_rows("--target " .. target)
    suite.equal({ out, status, err:match "^([^\n]*)\n" }, { "", 2,
      ("moonstep: no row of %s is called %s; malformed: 1, the first in line 6%s"):format(ROWS, target, words) })
  end
  local many = {}
  for i = 1, 5000 do many[i] = ('{"name":"db-%d"}\n'):format(i) end
  local _, err = explain("--target db-40999 --targets " .. write("many.ndjson", table.concat(many)))
  assert(err:find("is called db-40999; did you mean db-4099?", 1, true), err)
end)

add("a name that nothing asks for, and options that go together", function()
  for line, words in pairs { ["--targets %s"] = "needs --target NAME", ["--target orders"] = "needs --targets FILE",
    ["--targets %s.none --target orders"] = "error[unreadable]" } do
    local out, err, status = explain(line:format(ROWS))
    suite.equal({ out, status, err:find(words, 1, true) ~= nil }, { "", 2, true }, err)
  end
  local out, err, status = of_rows("--target orders", "AA")
  suite.equal({ out, status, err:match "^[^\n]*" }, { "", 2, "moonstep: nothing that was rendered asks for AA; did you mean A?" })
end)

return stage.run()
