-- moonstep diff: what it says of two folders, in both of their layouts. Usage: moonstep-lua tests/batch/diff.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: diff", ...)

local folder, add = stage.folder, stage.add

shell.write(folder .. "/task.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "dump:${VERSION:=1}", args: ["--to=${TO:=x}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump}]}
]])
shell.write(folder .. "/secret.lua", [[
template "with-secret" { summary = "s", render = function(ctx)
  return { k8s.job { metadata = ctx:metadata(), spec = { template = { spec = ctx:pod { containers = ctx:containers(),
    restartPolicy = "Never" } } } },
    { apiVersion = "v1", kind = "Secret", metadata = { name = "s", namespace = "n" }, stringData = { password = ctx:variable "TO" } } }
end }
]])

local function render(name, rows, options)
  shell.write(folder .. "/rows.ndjson", rows)
  local _, err, status = shell.run(("%s render -f %s/task.yaml --task dump --targets %s/rows.ndjson --out %s/%s %s"):format(shell.moonstep,
    folder, folder,
    folder, name, options or ""))
  return err, status
end

local function diff(old, new, options)
  return shell.run(("%s diff %s/%s %s/%s %s"):format(shell.moonstep, folder, old, folder, new, options or ""))
end

local OLD = '{"name":"a"}\n{"name":"b","variables":{"VERSION":"1"}}\n{"name":"c"}\n{"name":"d"}\n'
local NEW = '{"name":"e"}\n{"name":"d"}\n{"name":"b","variables":{"VERSION":"2"}}\n{"name":"a"}\n{"name":"No"}\n'
local FIELD = 'spec.template.spec.containers[0].image'

local SAID = ([[
~ default/b (dump)
    %s: "dump:1" -> "dump:2"
- default/c (dump)
+ default/e (dump)
+ row 5
]]):format(FIELD)

add("targets that came, went and changed", function()
  render("old", OLD)
  render("new", NEW)
  local out, err, status = diff("old", "new")
  suite.equal({ out, err, status }, { SAID, "moonstep: 2 added, 1 removed, 1 changed, 2 the same\n", 1 })
end)

add("the same folder does not differ", function()
  local out, err, status = diff("old", "old", "-q")
  suite.equal({ out, err, status }, { "", "", 0 })
  out, err, status = diff("old", "old/manifest.ndjson", "-q")
  suite.equal({ out, err, status }, { "", "", 0 })
end)

add("chunks are compared like files, and with them", function()
  render("old-chunks", OLD, "--out-chunk 3")
  render("new-chunks", NEW, "--out-chunk 2")
  suite.equal({ diff("old-chunks", "new-chunks", "-q") }, { SAID, "", 1 })
  suite.equal({ diff("old", "new-chunks", "-q") }, { SAID, "", 1 })
  suite.equal({ diff("old-chunks", "old", "-q") }, { "", "", 0 })
end)

add("for programs", function()
  local out = diff("old", "new", "-q -o ndjson")
  suite.equal(out:match "[^\n]*\n",
    ('{"change":"changed","namespace":"default","name":"b","task":"dump","fields":[{"path":"%s","old":"\\"dump:1\\"",'
    .. '"new":"\\"dump:2\\""}]}\n'):format(FIELD))
end)

add("a target that fails now", function()
  render("failed",
    '{"name":"a"}\n{"name":"b","variables":{"VERSION":"1"},"task":"none"}\n{"name":"b","variables":{"VERSION":"1"}}\n{"name":"c"}\n')
  local out = diff("old", "failed", "-q")
  suite.equal(out, "- default/d (dump)\n+ default/b (none)\n")
end)

add("values of Secrets are not told", function()
  render("secret1", '{"name":"a","variables":{"TO":"hunter2"}}\n', ("--script %s/secret.lua --template with-secret"):format(folder))
  render("secret2", '{"name":"a","variables":{"TO":"hunter3"}}\n', ("--script %s/secret.lua --template with-secret"):format(folder))
  local out, _, status = diff("secret1", "secret2", "-q")
  suite.equal(status, 1)
  suite.equal(out:find('Secret n/s stringData.password: "***" -> "***"', 1, true) ~= nil, true, out)
  suite.equal(out:find('args[0]: "--to=hunter2" -> "--to=hunter3"', 1, true) ~= nil, true, out) -- nobody said that it is one
end)

add("what cannot be compared", function()
  local _, err, status = diff("old", "nothing")
  suite.equal({ status, err:match "error%[([%w-]+)%]" }, { 2, "unreadable" })
  shell.write(folder .. "/other.ndjson", '{"format":"other"}\n')
  _, err, status = diff("old", "other.ndjson")
  suite.equal({ status, err:match "error%[([%w-]+)%]" }, { 2, "bad-manifest" })
  os.execute(("cp -r %s/new %s/broken && rm %s/broken/default/b.yaml"):format(folder, folder, folder))
  _, err, status = diff("old", "broken")
  suite.equal({ status, err:match "error%[([%w-]+)%]" }, { 2, "unreadable" })
  suite.equal(select(3, shell.run(shell.moonstep .. " diff one")), 2)
end)

return stage.run()
