-- Reports of batches: every finding of every target, in the order of the rows, the same for every number of workers.
-- Usage: moonstep-lua tests/batch/reports.lua FOLDER
local load = require "engine.load"
local pages = dofile "tests/lib/pages.lua"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: reports", ...)

local folder, add, write = stage.folder, stage.add, stage.write

local POSTGRES = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local function run(line) return shell.run(("%s %s"):format(shell.moonstep, line)) end

-- The first line that differs.
local function same(got, want, about)
  local a, b = got:gmatch "[^\n]*", want:gmatch "[^\n]*"
  while got ~= want do
    local x, y = a(), b()
    if x ~= y then return suite.equal(x, y, about) end
  end
end

local function decode(text) return assert(load.next(assert(load.reader(assert(load.source(text, "report")))))) end

-- A rule that finds something in every fifth target, a warning in others, and what a waiver sets aside; a target at which its worker hangs.
local site = write("site.lua", [[
rule "fifth" { summary = "no fives", kinds = { "Job" }, severity = "error", check = function(job, report)
  if job.metadata.name:find "5$" then report(job.metadata, "name", job.metadata.name .. " ends with 5", { hint = "take another" }) end
end }
rule "seventh" { summary = "no sevens", kinds = { "Job" }, severity = "warning", check = function(job, report)
  if job.metadata.name:find "7$" then report(job.metadata, "name", "a seven") end
end }
rule "quiet" { summary = "finds nothing", kinds = { "Job" }, check = function() end }
waive { rule = "fifth", match = "*25", reason = "it was always there" }
provider "site" { summary = "keys", variables = { "SLOW" }, resolve = function(_, ctx)
  if ctx:variable "TARGET_NAME" == "db-hang" then while true do end end
end }
]])

local function rows_of(count)
  local rows = {}
  for i = 1, count do
    rows[i] = i % 100 == 50 and '{"name": 1}\n' or i % 100 == 60 and ('{"name":"db-%d"}\n'):format(i)
      or ('{"name":"db-%d","namespace":"shop","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'):format(i)
  end
  return write("rows.ndjson", table.concat(rows))
end

local FORMATS = { "human", "json", "ndjson", "sarif", "junit", "github", "tap" }

-- The texts of all reports of a run, by format, its messages and its exit status.
local function reports(line)
  local options, texts = {}, {}
  for i, format in ipairs(FORMATS) do options[i] = ("--report %s=%s/out.%s"):format(format, folder, format) end
  local out, err, status = run(line .. " " .. table.concat(options, " "))
  for _, format in ipairs(FORMATS) do texts[format] = shell.read(folder .. "/out." .. format) end
  return texts, err, status, out
end

add("the same bytes for every number of workers, and without plans", function()
  local rows = rows_of(1000)
  local first
  for _, how in ipairs { "-j 1", "-j 2", "-j 3", "-j 2 --no-plan" } do
    local texts, err, status = reports(("render %s --script %s --targets %s -o name %s"):format(POSTGRES, site, rows, how))
    suite.equal(status, 2, err)
    first = first or texts
    for _, format in ipairs(FORMATS) do same(texts[format], first[format], how .. " " .. format) end
  end
end)

add("every finding of every target, in the order of the rows", function()
  local rows = rows_of(300)
  local texts = reports(("render %s --script %s --targets %s -o name -j 2"):format(POSTGRES, site, rows))
  local want = {}
  for i = 1, 300 do
    if i % 100 == 50 then want[#want + 1] = "bad-row"
    elseif i % 100 == 60 then want[#want + 1] = "unset-variable db-" .. i
    elseif i % 10 == 5 then want[#want + 1] = "fifth postgres-backup-11-2-db-" .. i .. (i % 100 == 25 and " waived" or "")
    elseif i % 10 == 7 then want[#want + 1] = "seventh postgres-backup-11-2-db-" .. i end
  end
  local json, got = decode(texts.json), {}
  for _, each in ipairs(json.findings) do
    got[#got + 1] = each.rule .. (each.object and " " .. each.object.name or "") .. (each.waived and " waived" or "")
  end
  suite.equal(got, want)
  suite.equal({ json.status, json.errors, json.warnings, json.waived }, { 2, 33, 30, 3 })
  suite.equal(json.findings[1].hint, "take another")
  suite.equal(select(2, texts.ndjson:gsub("\n", "")), #want - 3)
  suite.equal(select(2, texts.github:gsub("\n", "")), #want - 3)
  local sarif = decode(texts.sarif).runs[1]
  suite.equal(#sarif.results, #want)
  local prints = {}
  for _, result in ipairs(sarif.results) do prints[result.partialFingerprints["moonstepFinding/v1"]] = true end
  local count = 0
  for _ in pairs(prints) do count = count + 1 end
  suite.equal(count, #want, "fingerprints differ")
  suite.equal(texts.tap:match "^TAP version 14\n1%.%.(%d+)\n", tostring(#want + 1)) -- and the rule that found nothing
  suite.equal(texts.junit:match '<testsuites name="moonstep" tests="(%d+)" failures="(%d+)" errors="(%d+)"', "5", "counts of cases")
  suite.equal(select(2, texts.junit:gsub("ends with 5", "")), 31) -- thirty lines, and one of them is the case's message
end)

add("lines of cases that are many", function()
  local rows = {}
  for i = 1, 3000 do rows[i] = ('{"name":"db-%d"}\n'):format(i) end
  local texts, err = reports(("render %s --targets %s -o name -j 2"):format(POSTGRES, write("many.ndjson", table.concat(rows))))
  suite.equal(err:find("3,000 failed", 1, true) ~= nil, true)
  local lines = {}
  for name in texts.junit:gmatch "target db%-(%d+)" do lines[#lines + 1] = tonumber(name) end
  suite.equal(#lines, 3000)
  for i, number in ipairs(lines) do suite.equal(number, i) end
end)

-- Runs a command line whose only worker is killed after a while.
local function run_killing(line)
  local script = write("kill.sh", ([[
%s >/dev/null 2>&1 &
run=$!
sleep 0.5
loader=$(cat /proc/$run/task/$run/children)
for l in $loader; do for w in $(cat /proc/$l/task/$l/children); do kill -9 $w; done; done
wait $run
]]):format(line))
  return select(3, shell.run("sh " .. script))
end

add("a target whose worker was killed", function()
  local rows = write("hang.ndjson", '{"name":"db-1"}\n{"name":"db-hang"}\n{"name":"db-3"}\n')
  local model = write("slow.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: slow}
spec: {image: slow, args: ["${SLOW:=none}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: slow}
spec: {steps: [{name: slow}]}
]])
  local config = write("long.yaml", "limits: {cpu: 60s, wall: 60s}\n")
  local line = "%s render -f %s --task slow --config %s --script %s --targets %s -j 1 -o name --report json=%s/out.json"
  local status = run_killing(line:format(shell.moonstep, model, config, site, rows, folder))
  suite.equal(status, 2)
  local json = decode(shell.read(folder .. "/out.json"))
  suite.equal({ #json.findings, json.findings[1].rule, json.findings[1].object.name, json.findings[2].rule }, { 2, "crashed", "db-hang",
    "unused-waiver" })
end)

add("into a folder, and where the batch is stopped", function()
  local rows = rows_of(300)
  local line = ("render %s --script %s --targets %s"):format(POSTGRES, site, rows)
  local plain = reports(line .. " -j 1 -o name")
  local texts = reports(("%s -j 2 --out %s/out"):format(line, folder))
  for _, format in ipairs(FORMATS) do same(texts[format], plain[format], format) end
  local stopped = decode(reports(line .. " -j 2 --max-errors 3 -o name").json)
  local rules = {}
  for i, each in ipairs(stopped.findings) do rules[i] = each.rule end
  suite.equal(rules, { "fifth", "seventh", "fifth", "seventh", "fifth", "seventh", "fifth", "too-many-errors" })
end)

add("check --targets, and a report on standard output", function()
  local rows = rows_of(300)
  local line = ("check %s --script %s --targets %s -j 2"):format(POSTGRES, site, rows)
  local texts = reports(line)
  local out, err = run(line .. " --report json=-")
  same(out, texts.json)
  suite.equal(err:find("ends with 5", 1, true) ~= nil, true)
end)

add("messages of the run stand before and behind those of its targets", function()
  local rows = write("one.ndjson", '{"name":"a"}\n')
  local json = decode(reports(("render %s --set NOBODY=x --targets %s -o name"):format(POSTGRES, rows)).json)
  local rules = {}
  for i, each in ipairs(json.findings) do rules[i] = each.rule end
  suite.equal(rules, { "unset-variable", "unused-value" })
end)

add("a report that cannot be written", function()
  local rows = write("one.ndjson", '{"name":"a","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n')
  local out, err, status = run(("render %s --targets %s -o name --report json=%s/none/out.json"):format(POSTGRES, rows, folder))
  suite.equal({ out, status }, { "job.batch/postgres-backup-11-2-a\n", 2 })
  suite.equal(err:find("cannot write " .. folder .. "/none/out.json", 1, true) ~= nil, true, err)
end)

-- --- the page

local function page_of(line, name)
  local out, err, status = run(("%s --report html=%s/%s"):format(line, folder, name))
  return shell.read(folder .. "/" .. name), out, err, status
end

-- Rows of several shapes, with values that YAML quotes, escapes, and breaks into lines, and names that are cut.
local function odd_rows(count)
  local rows = {}
  for i = 1, count do
    local value = ({ "k" .. i, "yes", "12", [[a \" quote]], [[two\nlines]], "<b>&", "käse", "q000jx00" })[i % 8 + 1]
    rows[i] = i % 100 == 50 and '{"name": 1}\n'
      or i % 11 == 0 and ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"%s"}}\n'):format(i, value)
      or i % 13 == 0 and ('{"name":"%s-%d","namespace":"shop","params":{"outputDir":"%s"},"variables":{"REPOSITORY_SECRET_NAME":""}}\n')
        :format(("x"):rep(50), i, value)
      or ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"%s","HOSTNAME":"h%d"}}\n')
        :format(i, i % 3, value, i)
  end
  return write("odd.ndjson", table.concat(rows))
end

-- What stands in the page for each target: name, namespace, status, YAML, provenance.
local function targets_of(page)
  local all = {}
  for i, row in ipairs(page.targets) do
    all[i] = { name = row[1], namespace = row[2], status = row[3] }
    if row[4] >= 0 then
      local text = pages.fill(page, row[4], row[1], row[2], row, 5)
      local count, rest = text:match "^[^\n]*\n[^\n]*\n(%d+)\n(.*)$"
      for _ = 1, tonumber(count) do
        local line
        line, rest = rest:match "^([^\n]*)\n(.*)$"
        table.insert(all[i], line)
      end
      all[i].text = rest ~= "" and rest or nil
    end
  end
  return all
end

add("the page has the text of every target, byte by byte", function()
  local line = ("render %s --targets %s"):format(POSTGRES, odd_rows(600))
  local first, out
  for _, how in ipairs { "-j 1", "-j 2", "-j 3", "-j 2 --no-plan", "-j 2 -o name", "-j 1 -o ndjson" } do
    local text, printed, err, status = page_of(line .. " " .. how, "page.html")
    suite.equal(status, 2, err)
    first, out = first or text, out or printed
    same(text, first, how)
  end
  local texts = {}
  for _, each in ipairs(targets_of(pages.read(first))) do texts[#texts + 1] = each.text and "---\n" .. each.text end
  suite.equal(#texts, 594)
  same(table.concat(texts), out)
end)

add("targets that fail and are withheld, and findings in the page", function()
  local line = ("render %s --script %s --targets %s"):format(POSTGRES, site, rows_of(300))
  local first = page_of(line .. " -j 1", "page.html")
  for _, how in ipairs { "-j 3", "-j 2 --no-plan", ("-j 2 --out %s/page-out"):format(folder) } do
    same(page_of(line .. " " .. how, "page.html"), first, how)
  end
  local page = pages.read(first)
  local all = targets_of(page)
  suite.equal({ all[5].status, all[50].status, all[60].status, all[7].status, all[25].status }, { 1, 2, 2, 0, 0 })
  suite.equal({ all[5].text ~= nil, all[50].text, all[60].text }, { true })
  suite.equal({ all[50].name, all[60].name, all[60].namespace }, { "row 50", "db-60", "default" })
  suite.equal({ page.head.targets, page.head.statuses, page.head.severities }, { 300, { 267, 27, 6 }, { 33, 30, 0, 3 } })
  local finding = page.findings[1]
  suite.equal({ finding[1], page.head.rules[finding[4] + 1][1] }, { 4, "fifth" })
  local checked = pages.read((page_of(("check %s --script %s --targets %s -j 2"):format(POSTGRES, site, rows_of(300)), "check.html")))
  local told = targets_of(checked)
  for i, each in ipairs(all) do suite.equal({ told[i].status, told[i].text }, { each.status, each.text }, i) end
end)

add("a run that goes on tells of what was done before it", function()
  local rows = rows_of(300)
  for _, how in ipairs { "", "--out-chunk 50" } do
    os.execute(("rm -rf %s/resumed"):format(folder))
    local line = ("render %s --script %s --targets %s -j 2 --out %s/resumed %s"):format(POSTGRES, site, rows, folder, how)
    local whole = page_of(line, "whole.html")
    local json = decode(reports(line).json)
    local lines = {}
    for each in io.lines(folder .. "/resumed/manifest.ndjson") do lines[#lines + 1] = each end
    os.remove(folder .. "/resumed/manifest.ndjson")
    shell.write(folder .. "/resumed/manifest.ndjson.part", table.concat(lines, "\n", 1, 124) .. "\n") -- with chunks, one is not whole
    local page, _, err = page_of(line .. " --resume", "resumed.html")
    page, whole = pages.read(page), pages.read(whole)
    suite.equal(page.head.statuses, whole.head.statuses, err)
    local got = targets_of(page)
    for i, each in ipairs(targets_of(whole)) do
      local text = each.status == 0 and each.text or nil -- what was withheld is in no file
      suite.equal({ got[i].name, got[i].namespace, got[i].status }, { each.name, each.namespace,
        each.status }, i)
      if got[i].status == 0 then same(got[i].text, text, i) end
    end
    os.remove(folder .. "/resumed/manifest.ndjson")
    shell.write(folder .. "/resumed/manifest.ndjson.part", table.concat(lines, "\n", 1, 124) .. "\n")
    local again, want, said = decode(reports(line .. " --resume").json), {}, {}
    for _, each in ipairs(json.findings) do if not each.waived then want[#want + 1] = { each.rule, each.message, each.line } end end
    for _, each in ipairs(again.findings) do if not each.waived then said[#said + 1] = { each.rule, each.message, each.line } end end
    suite.equal(said, want)
  end
end)

add("no report holds a secret", function()
  local model = write("secret.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: f, args: ["${LEAK:=none}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}]}
]])
  local script = write("secret.lua", [[
provider "p" { summary = "s", variables = { "PW", "LEAK" }, resolve = function(name, ctx)
  local key = secret("open-sesame-" .. ctx:variable "TARGET_NAME")
  if name == "PW" then return key end
  return ctx:variable "TARGET_NAME" == "leaky" and key or nil
end }
template "with-secret" { summary = "t", render = function(ctx)
  local steps = ctx:containers()
  return { k8s.job { metadata = ctx:metadata(), spec = { template = { spec = ctx:pod { containers = steps, restartPolicy = "Never" } } } },
    { apiVersion = "v1", kind = "Secret", metadata = ctx:metadata(2), stringData = { password = ctx:variable "PW" } } }
end }
]])
  local rows = write("secret.ndjson", '{"name":"a"}\n{"name":"leaky"}\n{"name":"b"}\n')
  local line = ("render -f %s --task t --script %s --template with-secret --targets %s -j 2 --out %s/secrets"):format(model, script, rows,
    folder)
  local texts, err, status = reports(line)
  suite.equal(status, 1, err)
  suite.equal(shell.read(folder .. "/secrets/default/a.yaml"):find("open-sesame-a", 1, true) ~= nil, true)
  os.rename(folder .. "/secrets/manifest.ndjson", folder .. "/secrets/manifest.ndjson.part")
  texts.page, texts.again = page_of(line, "page.html"), page_of(line .. " --resume", "page.html")
  suite.equal({ texts.page:find("***", 1, true) ~= nil, #pages.read(texts.again).targets }, { true, 3 })
  for format, text in pairs(texts) do suite.equal(text:find("open-sesame", 1, true), nil, format) end
end)

add("where values come from", function()
  local rows = write("from.ndjson", '{"name":"a","namespace":"n","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'
    .. '{"name":"b","namespace":"n","variables":{"REPOSITORY_SECRET_NAME":"l"}}\n')
  local line = ("render %s --param outputDir=/o --targets %s -j 1"):format(POSTGRES, rows)
  local all = targets_of(pages.read((page_of(line, "page.html"))))
  suite.equal(all[1], (function()
    local copy = {}
    for i, each in ipairs(all[2]) do copy[i] = each end
    copy.name, copy.namespace, copy.status, copy.text = "a", "n", 0, all[1].text
    return copy
  end)())
  local lines = table.concat(all[2], "\n")
  for _, words in ipairs { "REPOSITORY_SECRET_NAME from the target's variables", "outputDir from --param", "REPOSITORY_BUCKET from --set",
    "TARGET_NAME from provider stash", "waitTimeout: the default" } do
    suite.equal(lines:find(words, 1, true) ~= nil, true, words .. " in " .. lines)
  end
end)

return stage.run()
