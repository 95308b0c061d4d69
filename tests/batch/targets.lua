-- The targets of a batch: formats of rows, what their values rank over, names, malformed rows, where --max-errors stops, shards, targets
-- that scripts declare. Everything must come out the same for every number of workers, and planned or not.
-- Usage: moonstep-lua tests/batch/targets.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: targets", ...)

local folder, add, write = stage.folder, stage.add, stage.write

local POSTGRES = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local brief = os.getenv "BRIEF" -- less of what is done again and again

-- render(options [, standard input]) -> standard output, messages, exit status
local function render(options, input) return shell.run(("%s render %s"):format(shell.moonstep, options), input) end

-- A Task that shows what it is given.
local SHOW = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: show}
spec: {image: show, args: ["${A:=none}", "${P:=none}", "${TARGET_NAME:=none}", "${NAMESPACE:=none}", "${TARGET_NAMESPACE:=none}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: show.me}
spec: {steps: [{name: show, params: [{name: P, value: step}]}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: other}
spec: {steps: [{name: show}]}
]]
local show = write("show.yaml", SHOW)

-- The arguments, name and namespace of each object that was printed as NDJSON.
local function shown(options, rows)
  local out, err, status = render(("-f %s -o ndjson %s --targets -"):format(show, options), rows)
  local all = {}
  for line in out:gmatch "[^\n]+" do
    local args = line:match '"args":%[(.-)%]'
    all[#all + 1] = ("%s %s %s"):format(line:match '"name":"([^"]*)"', line:match '"namespace":"([^"]*)"' or "-", args)
  end
  return all, err, status
end

add("rows in every format give the same bytes", function()
  local rows = {
    ndjson = '{"name":"a","namespace":"x","variables":{"REPOSITORY_SECRET_NAME":"k, \\"1\\""}}\n\n'
      .. '{"name":"b.c","variables":{"REPOSITORY_SECRET_NAME":"42"},"params":{"outputDir":"/tmp/\xC3\xA4"}}\n',
    json = '[{"name":"a","namespace":"x","variables":{"REPOSITORY_SECRET_NAME":"k, \\"1\\""}},\n'
      .. ' {"params":{"outputDir":"/tmp/\\u00e4"},"variables":{"REPOSITORY_SECRET_NAME":42},"name":"b.c"}]',
    csv = "name,namespace,variables.REPOSITORY_SECRET_NAME,params.outputDir\r\na,x,\"k, \"\"1\"\"\",\r\nb.c,,42,/tmp/\xC3\xA4\r\n",
    yaml = "name: a\nnamespace: x\nvariables: {REPOSITORY_SECRET_NAME: 'k, \"1\"'}\n---\n"
      .. "- name: b.c\n  variables: {REPOSITORY_SECRET_NAME: 42}\n"
      .. "  params: {outputDir: /tmp/\xC3\xA4}\n",
  }
  local want
  for _, format in ipairs { "ndjson", "json", "csv", "yaml" } do
    local path = write("rows." .. format, rows[format])
    for _, how in ipairs { path, "- <" .. path, "- --no-plan <" .. path } do
      local out, err, status = render(("%s -j 2 --targets %s"):format(POSTGRES, how))
      suite.equal({ status, err }, { 0, "moonstep: 2 of 2 targets rendered\n" }, how)
      want = want or out
      suite.equal(out, want, how)
    end
  end
  assert(want:find('secretName: "k, \\"1\\""', 1, true) and want:find("name: postgres-backup-11-2-b-c\n", 1, true), want)
end)

add("what a row says ranks under --set and over everything else", function()
  local row = '{"name":"n","namespace":"ns","variables":{"A":"row"},"params":{"P":"row"}}\n'
  local function args(options, text) return shown("--task show.me " .. options, text or row)[1] end
  local override = write("override.lua",
    'provider "o" { summary = "o", override = true, variables = { "A", "P" }, resolve = function() return "provider" end }\n')
  suite.equal(args "", 'show-me-n ns "row","row","n","ns","ns"')
  suite.equal(args "--set A=set --set P=set", 'show-me-n ns "set","set","n","ns","ns"')
  suite.equal(args "--param P=param", 'show-me-n ns "row","row","n","ns","ns"')
  suite.equal(args("--param P=param", '{"name":"n"}\n'), 'show-me-n - "none","param","n","none","none"')
  suite.equal(args("--script " .. override), 'show-me-n ns "row","provider","n","ns","ns"')
  suite.equal(args("-n given", '{"name":"n"}\n'), 'show-me-n given "none","step","n","given","given"')
  suite.equal(args "-n given", 'show-me-n ns "row","row","n","ns","ns"')
end)

add("a row may name its Task, and must where --task does not", function()
  local rows = '{"name":"a","task":"other"}\n{"name":"b"}\n{"name":"c","task":"othr"}\n'
  suite.equal((shown("--task show.me", rows)), { 'other-a - "none","none","a","none","none"',
    'show-me-b - "none","step","b","none","none"' })
  local all, err, status = shown("", rows)
  suite.equal({ #all, status }, { 1, 2 })
  assert(err:find("2:1: error", 1, true) or err:find("target b", 1, true), err)
  assert(err:find("did you mean other?", 1, true), err)
end)

add("a Task that --task names and that is not there is told once, however many rows there are", function()
  local out, err, status = render("-f examples/postgres --task postgres-backp-11.2 --targets -", '{"name":"a"}\n{"name":"b"}\n')
  suite.equal({ out, status }, { "", 2 })
  suite.equal(select(2, err:gsub("error%[", "")), 1, err)
  assert(err:find("error[missing-object]: Task postgres-backp-11.2 is not among the given files", 1, true)
    and err:find("did you mean postgres-backup-11.2?", 1, true), err)
end)

add("names are cut to 63 bytes, dots become dashes", function()
  local names, rows, want = {}, {}, {}
  for _, length in ipairs { 1, 50, 54, 55, 56, 57, 58, 63, 64, 120, 253 } do
    local name = (("abcdefghi."):rep(30)):sub(1, length):gsub("%.$", "z")
    name = ("rstuvwxyzpq"):sub(#names + 1, #names + 1) .. name:sub(2) -- two that are cut to the same would be an error
    names[#names + 1] = name
  end
  names[#names + 1] = ("a-"):rep(40) .. "z" -- a cut that begins or ends with a dash
  names[#names + 1] = ("ab-"):rep(30) .. "z"
  for i, name in ipairs(names) do
    rows[i] = ('{"name":"%s"}\n'):format(name)
    local whole = "show-me-" .. name:gsub("%.", "-")
    if #whole > 63 then whole = (whole:sub(1, 32) .. whole:sub(-31)):gsub("^%-+", ""):gsub("%-+$", "") end
    want[i] = whole
  end
  for _, how in ipairs { "", "--no-plan" } do
    local out = render(("-f %s --task show.me -o ndjson --targets - %s"):format(show, how), table.concat(rows))
    local got = {}
    for name in out:gmatch '"metadata":{"name":"([^"]*)"' do got[#got + 1] = name end
    suite.equal(got, want, how)
  end
end)

add("a malformed row is a finding with its place, and the others are rendered", function()
  local rows = '{"name":"a"}\n{"name":"b"\n{"nam":"c"}\n{"name":"d","variables":{"A":[1]}}\n'
    .. '   {"name":"D"}\n{"name":"e","namespace":"a.b"}\n'
    .. '{"name":"f","variables":{"A":"\xff"}}\n{"name":"g","name":"h"}\n[]\n{"name":"z"}\n'
  local path = write("malformed.ndjson", rows)
  local out, err, status = render(("-f %s --task other -o name --targets %s"):format(show, path))
  suite.equal({ out, status }, { "job.batch/other-a\njob.batch/other-z\n", 2 })
  for line = 2, 9 do assert(err:find(("%s:%d:%%d+: error%%["):format(path:gsub("%p", "%%%0"), line)),
    ("no message about line %d: %s"):format(line, err)) end
  assert(err:find("moonstep: 2 of 10 targets rendered, 8 failed", 1, true), err)
  local _, broken = render(("-f %s --task other -o name --targets -"):format(show), '[{"name":"a"},{"name":"b"}}')
  assert(broken:find("json-syntax", 1, true) and broken:find("2 of 2", 1, true), broken)
end)

add("a file that is not there, or is none, is one message", function()
  local _, err, status = render(("-f %s --task other --targets %s/none.csv"):format(show, folder))
  suite.equal(status, 2)
  assert(err:find("error[unreadable]: cannot read " .. folder .. "/none.csv", 1, true), err)
  _, err, status = render(("-f %s --task other --targets %s"):format(show, folder))
  suite.equal(status, 2)
  assert(err:find("error[unreadable]", 1, true), err)
  suite.equal({ render(("-f %s --task other --targets -"):format(show), "") }, { "", "moonstep: 0 of 0 targets rendered\n", 0 })
end)

-- Rows of which every seventh is none.
local function many(count)
  local rows = {}
  for i = 1, count do
    rows[i] = i % 7 == 0 and '{"name":"No"}\n' or ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"k%d"}}\n'):format(i, i * i)
  end
  return write("many.ndjson", table.concat(rows))
end

add("the same bytes for every number of workers", function()
  local path, want = many(2000), nil
  for _, how in ipairs(brief and { "-j 1", "-j 2" } or { "-j 1", "-j 2", "-j 3", "-j 8", "-j 2 --no-plan", "-j 256" }) do
    local got = { render(("%s --targets %s %s"):format(POSTGRES, path, how)) }
    want = want or got
    suite.equal(got[1] == want[1] and got[2] == want[2] and got[3] == 2, true, how)
  end
  assert(want[2]:find("1,715 of 2,000 targets rendered, 285 failed", 1, true), want[2]:sub(-200))
end)

add("--max-errors stops at one target, whoever does it", function()
  local path = many(2000)
  local whole = render(("%s --targets %s"):format(POSTGRES, path))
  for _, most in ipairs(brief and { 37 } or { 1, 36, 37, 100 }) do
    local want
    for _, how in ipairs(brief and { "-j 1", "-j 3" } or { "-j 1", "-j 2", "-j 3", "-j 8", "-j 1 --no-plan", "-j 3 --no-plan" }) do
      local out, err, status = render(("%s --targets %s %s --max-errors %d"):format(POSTGRES, path, how, most))
      want = want or err
      suite.equal(status, 2)
      suite.equal(select(2, out:gsub("\n?kind: Job", "")), most * 6, how)
      suite.equal(out == whole:sub(1, #out) and err == want, true, how)
      suite.equal(select(2, err:gsub("error%[bad%-row%]", "")), most, how)
      assert(err:find("error[too-many-errors]: stopped: " .. (most == 1 and "a target" or most .. " targets"), 1, true), err:sub(-300))
    end
  end
  local out, err = render(("%s --targets %s --max-errors 286"):format(POSTGRES, path))
  assert(out == whole and not err:find "too%-many", "what is not reached changes nothing")
end)

add("--max-errors with a folder stops at the same target, and the run can go on", function()
  local path = many(1000)
  local function into(name, options) return render(("%s --targets %s --out %s/%s %s"):format(POSTGRES, path, folder, name, options)) end
  into("whole", "")
  local want
  for _, how in ipairs { "-j 1", "-j 3", "-j 2 --no-plan" } do
    os.execute(("rm -rf %s/stopped"):format(folder))
    local _, err, status = into("stopped", how .. " --max-errors 50")
    local lines = shell.read(folder .. "/stopped/manifest.ndjson.part")
    want = want or lines
    suite.equal({ status, lines == want, select(2, lines:gsub("\n", "")) }, { 2, true, 351 }, how)
    suite.equal(select(2, lines:gsub('"status":"failed"', "")), 50)
    assert(err:find("stopped: 50 targets", 1, true), err)
  end
  into("stopped", "--resume")
  local _, _, status = shell.run(("diff -r %s/whole %s/stopped"):format(folder, folder))
  suite.equal(status, 0)
end)

add("shards one behind the other are the whole", function()
  local list = {}
  for i = 1, 700 do list[i] = ("- {name: l-%d, variables: {REPOSITORY_SECRET_NAME: k}}\n"):format(i) end
  local yaml = "name: first\nvariables: {REPOSITORY_SECRET_NAME: k}\n---\n" .. table.concat(list)
    .. "---\nname: last\nvariables: {REPOSITORY_SECRET_NAME: k}\n"
  for _, path in ipairs { many(1000), write("lists.yaml", yaml), write("one.ndjson", '{"name":"a"}\n'), write("none.ndjson", "") } do
    local whole = render(("%s --targets %s"):format(POSTGRES, path))
    for _, count in ipairs(brief and { 3 } or { 1, 2, 3, 10 }) do
      local parts = {}
      for i = 1, count do parts[i] = render(("%s --targets %s --shard %d/%d"):format(POSTGRES, path, i, count)) end
      suite.equal(table.concat(parts) == whole, true, ("%s in %d"):format(path, count))
    end
  end
  local path = many(1000)
  local second = render(("%s --targets %s --shard 2/3"):format(POSTGRES, path))
  suite.equal(shell.run(("JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=3 %s render %s --targets %s"):format(shell.moonstep, POSTGRES,
    path)) == second, true)
  suite.equal(shell.run(("JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=3 %s render %s --targets %s --shard 2/3"):format(shell.moonstep,
    POSTGRES, path)) == second,
    true, "--shard counts more")
  assert(select(2, second:gsub("kind: Job", "")) == 285, "a third")
  for _, wrong in ipairs { "--shard 0/3", "--shard 4/3", "--shard x", "--shard 1/0", "--shard 1", "-j 0", "-j 257", "-j x",
    "--max-errors 0" } do
    local _, err, status = render(("%s --targets %s %s"):format(POSTGRES, path, wrong))
    suite.equal({ status, err:find(wrong:match "^%S+", 1, true) ~= nil }, { 2, true }, wrong)
  end
  local _, err, status = shell.run(("JOB_COMPLETION_INDEX=3 JOB_COMPLETIONS=3 %s render %s --targets %s"):format(shell.moonstep, POSTGRES,
    path))
  suite.equal({ status, err:find("JOB_COMPLETION_INDEX=3", 1, true) ~= nil }, { 2, true })
  _, err, status = render(POSTGRES .. " --targets - --shard 1/2", "")
  suite.equal({ status, err:find("standard input cannot be cut into shards", 1, true) ~= nil }, { 2, true })
  _, err, status = render(POSTGRES .. " --shard 1/2")
  suite.equal({ status, err:find("it needs --targets FILE", 1, true) ~= nil }, { 2, true })
end)

-- --- targets that scripts declare

add("targets of a script go the same road", function()
  local script = write("fleet.lua", [[
targets "fleet" { summary = "all", each = function(emit)
  for i = 1, 2500 do
    emit { name = "db-" .. i, namespace = "shop", variables = { REPOSITORY_SECRET_NAME = "k" .. i, N = i, F = 1.5, B = i % 2 == 0 } }
  end
  emit { name = "No" }
  emit { "list" }
  emit { name = "z", namspace = "x" }
  emit { name = "y", variables = { REPOSITORY_SECRET_NAME = "\0" } }
end }
]])
  local rows = {}
  for i = 1, 2500 do
    rows[i] = ('{"name":"db-%d","namespace":"shop","variables":{"REPOSITORY_SECRET_NAME":"k%d","N":%d,"F":1.5,"B":%s}}\n'):format(i, i, i,
      i % 2 == 0)
  end
  local want = render(("%s --targets %s"):format(POSTGRES, write("fleet.ndjson", table.concat(rows))))
  local out, err, status = render(("%s --script %s --targets fleet -j 3"):format(POSTGRES, script))
  suite.equal({ out == want, status }, { true, 2 })
  for line = 2501, 2504 do assert(err:find(("targets fleet:%d:1: error["):format(line), 1, true), err) end
  assert(err:find("2,500 of 2,504 targets rendered, 4 failed", 1, true), err)
  local parts = {}
  for i = 1, 4 do parts[i] = render(("%s --script %s --targets fleet --shard %d/4"):format(POSTGRES, script, i)) end
  suite.equal(table.concat(parts) == want, true, "shards")
end)

add("a declared name wins over a file, and one that is nothing is told what is meant", function()
  local script = write("a.lua", 'targets "fleet" { summary = "x", each = function(emit) emit { name = "declared" } end }\n')
  local tool = io.popen("realpath " .. shell.moonstep):read "l"
  write("fleet", '{"name":"from-a-file"}\n')
  local function names(options)
    return shell.run(("cd %s && %s render -f show.yaml --task other -o name %s"):format(folder, tool, options))
  end
  suite.equal((names "--script a.lua --targets fleet"), "job.batch/other-declared\n")
  suite.equal((names "--targets fleet"), "job.batch/other-from-a-file\n")
  suite.equal((names "--script a.lua --targets ./fleet"), "job.batch/other-from-a-file\n")
  local _, err, status = render(("-f %s --task other --script %s --targets flet"):format(show, script))
  suite.equal({ status, err }, { 2, "moonstep: error[unreadable]: cannot read flet: No such file or directory\n"
    .. "      did you mean fleet, which a script declares?\n" })
end)

add("what a script gives up at ends the batch before it begins", function()
  for words, body in pairs {
    ["not number"] = 'emit { name = "a" } emit(7)', ["is over"] = 'kept = emit emit { name = "a" }',
      ["cannot be written"] = "emit { name = tostring }",
    ["bad luck"] = 'emit { name = "a" } error "bad luck"', ["not a secret"] = 'emit(secret "x")', ["took more than"] = "while true do end",
  } do
    local script = write("wrong.lua", ('local kept\ntargets "t" { summary = "x", each = function(emit)\n  %s\nend }\n'):format(body)
      .. 'provider "p" { summary = "x", variables = { "A" }, resolve = function() kept { name = "late" } end }\n')
    local config = write("short.yaml", "limits: {cpu: 200ms, wall: 900ms}\n")
    local out, err, status = render(("-f %s --config %s --task other --script %s --targets t"):format(show, config, script))
    suite.equal({ status, out }, { 2, "" }, err)
    assert(err:find(words, 1, true) and err:find("wrong.lua", 1, true), words .. ": " .. err)
  end
end)

add("time is given for every 1,000 rows, memory is not, and rows are bounded", function()
  local slow = write("slow.lua", [[
targets "t" { summary = "x", each = function(emit)
  for i = 1, 12000 do
    local x = 0
    for k = 1, 2000 do x = x + k end
    emit { name = "n" .. i }
  end
end }
]])
  local config = write("tight.yaml", "limits: {cpu: 100ms, wall: 5s, rows: 12000}\n")
  local function go(script, limits) return
    render(("-f %s --config %s --task other --script %s --targets t -o name --no-plan -j 2"):format(show, limits, script)) end
  local out, err, status = go(slow, config)
  suite.equal({ status, select(2, out:gsub("\n", "")), err }, { 0, 12000, "moonstep: 12,000 of 12,000 targets rendered\n" })
  out, err, status = go(write("rows.lua",
    'targets "t" { summary = "x", each = function(emit) for i = 1, 1e9 do pcall(emit, { name = "n" .. i })'
      .. ' emit { name = "x" } end end }\n'), config)
  suite.equal({ out, status }, { "", 2 })
  assert(err:find("error[row-limit]: the targets t are more than 12000", 1, true), err)
  out, err, status = go(write("keep.lua",
    'targets "t" { summary = "x", each = function(emit) local all = {} for i = 1, 1e9 do all[i] = ("x"):rep(100000) .. i '
      .. 'emit { name = "x" } end end }\n'),
    write("small.yaml", "limits: {memory: 4Mi, cpu: 9s, wall: 9s}\n"))
  suite.equal({ out, status }, { "", 2 })
  assert(err:find("error[memory-limit]", 1, true), err)
end)

-- --- values of the command line that nothing asks for

add("what nothing asks for is told once", function()
  local path = many(600)
  local base = render(("%s --targets %s"):format(POSTGRES, path))
  for _, how in ipairs { "-j 1", "-j 3", "-j 2 --no-plan" } do
    local out, err = render(("%s --targets %s %s --set REPOSITORY_BUCKE=1 --param outputdir=2"):format(POSTGRES, path, how))
    suite.equal(out == base, true)
    local into = select(2, render(("%s --targets %s %s --set REPOSITORY_BUCKE=1 --param outputdir=2 --out %s/unused"):format(POSTGRES, path,
      how, folder)))
    suite.equal(into, err, "into a folder")
    suite.equal(err:match "moonstep: warning.*$",
      "moonstep: warning[unused-value]: --set REPOSITORY_BUCKE: no Task or Function that was rendered asks for it\n"
      .. "      did you mean REPOSITORY_BUCKET?\n"
      .. "moonstep: warning[unused-value]: --param outputdir: no Task or Function that was rendered asks for it\n"
      .. "      did you mean outputDir?\nmoonstep: 515 of 600 targets rendered, 85 failed\n", how)
  end
end)

add("waivers that nothing meets, and rules that would see all objects together, are told once", function()
  local script = write("together.lua", [[
rule "each" { summary = "s", kinds = { "Job" }, severity = "warning", check = function(job, report)
  if job.metadata.name:find "7$" then report(job.metadata, "name", "it ends in 7") end
end }
rule "all" { summary = "s", kinds = { "Job" }, severity = "error", check_all = function(jobs) assert(#jobs == 0) end }
rule "tasks" { summary = "s", kinds = { "Task" }, severity = "error", check_all = function() end }
waive { rule = "each", match = "*7", reason = "R-1" }
waive { rule = "each", match = "*-nobody", reason = "R-2" }
]])
  local rows = {}
  for i = 1, 600 do rows[i] = ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'):format(i) end
  local path = write("waived.ndjson", table.concat(rows))
  local want = "moonstep: 600 of 600 targets rendered\n"
  local all = ("%s: warning[not-together]: rule all looks at all objects together, and was not asked about those of the batch\n"
    .. "      `moonstep check -f` on what was rendered asks it\n"):format(script)
  local unused = script .. ": warning[unused-waiver]: the waiver of each for *-nobody (R-2) sets nothing aside\n"
  for _, how in ipairs { "-j 1", "-j 3", "-j 2 --no-plan" } do
    local _, err, status = render(("%s --targets %s --script %s -o name %s"):format(POSTGRES, path, script, how))
    suite.equal({ status, err }, { 0, all .. unused .. want }, how)
  end
  local _, err = render(("%s --targets %s --script %s -o name --shard 1/2"):format(POSTGRES, path, script))
  assert(err:find("not-together", 1, true) and not err:find("unused-waiver", 1, true), "another shard may meet it: " .. err)
end)

add("check judges what would be made of each row", function()
  local path, want = many(700), nil
  for _, how in ipairs { "-j 1", "-j 3", "-j 2 --no-plan" } do
    local got = { shell.run(("%s check %s --targets %s %s --policy kubernetes"):format(shell.moonstep, POSTGRES, path, how)) }
    want = want or got
    suite.equal({ got[1] == want[1], got[2] == want[2], got[3] }, { true, true, 2 }, how)
  end
  suite.equal(want[2], "moonstep: 600 of 700 targets clean, 100 failed\n")
  suite.equal(select(2, want[1]:gsub("error%[bad%-row%]", "")), 100)
  local strict = ("%s check %s --targets %s --policy pod-security/restricted --max-errors 5"):format(shell.moonstep, POSTGRES, path)
  assert(shell.run(strict):find "bad%-row", "findings are printed on standard output")
  for words, options in pairs { ["one at a time"] = "--fix", ["as they come"] = "--format json" } do
    local _, err, status = shell.run(("%s check %s --targets %s %s"):format(shell.moonstep, POSTGRES, path, options))
    suite.equal({ status, err:find(words, 1, true) ~= nil }, { 2, true }, options)
  end
end)

-- --- planned or not

-- Values that something on the way might take for more than text.
local ODD = { "", " ", "plain", "it's", 'say "x"', "two\nlines", "three\n\n\nlines\n", "${A}", "$${A}", "$", "\\", "\\n", "- x", "a: b",
  "# c", "yes", "null", "~", "0x1f",
  "1e3", "0644", "12345678901234567890", "-", "{", "[", "]", "|", ">", "*a", "&a", "!a", "%a", "@a", "`a", "\t", "a\tb", "x ", " x",
    "\u{e4}\u{20ac}\u{1f600}",
  "\u{feff}x", "\u{85}", "\u{2028}", "\u{7f}", "a/b/c.d", "2001-01-01", "1:30", ("long "):rep(500), ("y"):rep(5000), "<<", "=", "true",
    "on", ".5", "k8s.io/a" }

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

-- Rows with odd values for the variables and params of these names; the same ones in every run.
local function odd_rows(names)
  local rows, seed = {}, 7
  local function number(most)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % most + 1
  end
  local function some(map)
    local parts = {}
    for _, name in ipairs(names) do
      if number(4) > 1 then parts[#parts + 1] = ('"%s":%s'):format(name, number(9) == 1 and ("%d"):format(number(99))
        or quoted(ODD[number(#ODD)])) end
    end
    return ('"%s":{%s}'):format(map, table.concat(parts, ","))
  end
  for i = 1, 40 do
    rows[i] = ('{"name":"n%s-%d"%s,%s%s}\n'):format(("x"):rep(i % 30 * 2), i, i % 3 > 0 and (',"namespace":"ns%d"'):format(i % 5) or "",
      some "variables",
      i % 4 == 0 and "," .. some "params" or "")
  end
  for at, v in ipairs(ODD) do -- rows of one shape, for which there is a plan
    local parts = {}
    for _, name in ipairs(names) do parts[#parts + 1] = ('"%s":%s'):format(name, quoted(v)) end
    rows[#rows + 1] = ('{"name":"same-%d","variables":{%s}}\n'):format(at, table.concat(parts, ","))
  end
  return table.concat(rows)
end

-- The Tasks and names of variables in the YAML files of a folder or one file.
local function found_in(path)
  local tasks, names, seen = {}, {}, {}
  local pipe = io.popen(("cat $(find %s -name '*.yaml' ! -name 'moonstep*' | LC_ALL=C sort)"):format(shell.quote(path)))
  local text = pipe:read "a"
  pipe:close()
  for name in text:gmatch "kind: Task%s+metadata:[^\n]-%s+name: *([%w.-]+)" do tasks[#tasks + 1] = name end
  for name in text:gmatch "kind: Task%s+metadata: *{name: *([%w.-]+)" do tasks[#tasks + 1] = name end
  for name in text:gmatch "%${#?([%a_][%w_.-]*)" do
    if not seen[name] and #names < 12 then names[#names + 1] = name end
    seen[name] = true
  end
  return tasks, names
end

add("planned or not, the same bytes", function()
  local folders = 0
  local pipe = io.popen "find examples tests/templates/cases tests/conformance/cases -mindepth 1 -maxdepth 1 -type d | LC_ALL=C sort"
  local tried, rendered = 0, 0
  for path in pipe:lines() do
    local tasks, names = found_in(path)
    folders = folders + 1
    if brief and folders % 12 ~= 0 then tasks = {} end
    if tasks[1] and not path:find "cluster" and not path:find "servers" then
      tried = tried + 1
      local rows = write("odd.ndjson", odd_rows(names))
      local options = ("-f %s --task %s --targets %s -o %s"):format(path, tasks[1 + tried % #tasks], rows, tried % 3 == 0 and "ndjson"
        or "yaml")
      if tried % 4 == 0 then options = options .. " --policy kubernetes --policy pod-security/restricted --policy backup --policy shell" end
      if tried % 4 == 1 then options = options .. " --policy kubernetes --emit-all" end
      local planned, reference = { render(options .. " -j 2") }, { render(options .. " -j 1 --no-plan") }
      for i = 1, 3 do
        if planned[i] ~= reference[i] then
          write("planned", tostring(planned[i]))
          write("reference", tostring(reference[i]))
          error(("%s: %s differs; see %s/planned and %s/reference"):format(options, ({ "the output", "what is said", "the status" })[i],
            folder, folder))
        end
      end
      if reference[1] ~= "" then rendered = rendered + 1 end
    end
  end
  pipe:close()
  assert(brief or tried > 30 and rendered > 20, ("%d tried, %d rendered"):format(tried, rendered))
end)

return stage.run()
