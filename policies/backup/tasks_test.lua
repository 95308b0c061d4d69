-- Tasks: the step that reports, and the directory that it reads.

local STATUS = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec:
  image: registry.example/stash@sha256:0000
  args: [update-status, "--output-dir=${outputDir:=/stash-tmp/output}"]
  %s
---
]]

local DUMP = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec:
  image: registry.example/dump@sha256:0000
  args: %s
  %s
---
]]
local WRITES = '[dump, "--output-dir=${outputDir:=/stash-tmp/output}"]'

local function task(steps)
  return ("apiVersion: stash.appscode.com/v1beta1\nkind: Task\nmetadata: {name: pg}\nspec: {steps: [%s]}\n"):format(steps)
end

local function check(name, input, expect) test(name) { options = { ["backup.elsewhere"] = "Function/else*" }, input = input,
  expect = expect } end

local BOTH = STATUS:format "" .. DUMP:format(WRITES, "")

check("a Task as it should be", BOTH .. task "{name: dump}, {name: update-status}", {})
check("a Task without steps", task "", { "backup/task-steps @ spec.steps" })
check("a Task that does not report", BOTH .. task "{name: dump}", { "backup/status-step @ Task/pg spec.steps[0].name: does not report" })
check("a Task that reports before its end", BOTH .. task "{name: update-status}, {name: dump}",
  { "backup/status-step @ Task/pg spec.steps[0].name: not the last" })
check("a last step that is not given", BOTH .. task "{name: dump}, {name: elsewhere}", {})
check("a last step whose name is computed", BOTH .. task "{name: dump}, {name: '${LAST}'}", {})
check("a step that reports under another name", (BOTH:gsub("name: update%-status}", "name: tell}")) .. task "{name: dump}, {name: tell}",
  {})
check("a command that reports", DUMP:format('[x, "--output-dir=/stash-tmp/o"]', "command: [stash, update-status]") .. task "{name: dump}",
  { "backup/output-dir @ Task/pg spec.steps[0].name: no step writes" })

-- --- one directory

local function steps(first, last)
  return task(("{name: dump, params: [%s]}, {name: update-status, params: [%s]}"):format(first, last))
end
local OUT, ELSE = "{name: outputDir, value: /stash-tmp/out}", "{name: outputDir, value: /stash-tmp/else}"
check("one directory", BOTH .. steps(OUT, OUT), {})
check("two directories", BOTH .. steps(OUT, ELSE),
  { "backup/output-dir @ Task/pg spec.steps[0].params[0].value: read from /stash-tmp/else" })
check("a directory and a default", BOTH .. steps("", OUT), { "backup/output-dir @ Task/pg spec.steps[0].name" })
check("a directory that is computed", BOTH .. steps("{name: outputDir, value: '${DIR}'}", OUT), {})
check("the last of two parameters counts", BOTH .. steps(ELSE .. ", " .. OUT, OUT),
  { "backup/param-twice @ Task/pg spec.steps[0].params[1].name" })
check("an argument of its own", STATUS:format "" .. DUMP:format('[dump, --output-dir, "${outputDir}"]', "") .. steps(OUT, OUT), {})
check("nothing is written", STATUS:format "" .. DUMP:format("[dump]", "") .. task "{name: dump}, {name: update-status}",
  { "backup/output-dir @ Task/pg spec.steps[1].name: no step writes to /stash-tmp/output" })
check("the directory is written to by other means", STATUS:format "" .. DUMP:format("[dump, /stash-tmp/output/x]", "") ..
  task "{name: dump}, {name: update-status}", {})
check("what may be the directory", STATUS:format "" .. DUMP:format('[dump, "${REPOSITORY_BUCKET}"]', "") ..
  task "{name: dump}, {name: update-status}", {})

-- --- in one volume

local TMP = "{name: outputDir, value: /out/x}"
local function mounted(mount, other)
  return STATUS:format("volumeMounts: [" .. (other or mount) .. "]") .. DUMP:format(WRITES, "volumeMounts: [" .. mount .. "]")
end
check("a directory in no volume", BOTH .. steps(TMP, TMP),
  { "backup/output-volume @ Task/pg spec.steps[0].params[0].value: lies in no volume" })
check("a directory in a volume of both", mounted "{name: out, mountPath: /out}" .. steps(TMP, TMP), {})
check("a directory in a volume of its root", mounted "{name: out, mountPath: /}" .. steps(TMP, TMP), {})
check("a volume whose name is a parameter", mounted("{name: '${volume}', mountPath: /out/}") ..
  steps(TMP .. ", {name: volume, value: out}", TMP .. ", {name: volume, value: out}"), {})
check("a volume whose name is not known", mounted "{name: '${volume}', mountPath: /out}" .. steps(TMP, TMP), {})
check("a path that is not known", mounted "{name: a, mountPath: '${TARGET_MOUNT_PATH}'}" .. steps(TMP, TMP), {})
check("two volumes", mounted("{name: a, mountPath: /out}", "{name: b, mountPath: /out}") .. steps(TMP, TMP),
  { "backup/output-volume @ Task/pg spec.steps[0].params[0].value: same folder" })
check("two folders of a volume", mounted("{name: a, mountPath: /out, subPath: left}", "{name: a, mountPath: /out, subPath: right}") ..
  steps(TMP, TMP),
  { "backup/output-volume @ Task/pg spec.steps[0].params[0].value: same folder" })
check("a volume within a volume", mounted("{name: a, mountPath: /out}, {name: b, mountPath: /out/x}", "{name: a, mountPath: /out}") ..
  steps(TMP, TMP),
  { "backup/output-volume @ Task/pg spec.steps[0].params[0].value: same folder" })
check("a folder that only begins alike", mounted "{name: out, mountPath: /ou}" .. steps(TMP, TMP),
  { "backup/output-volume @ Task/pg spec.steps[0].params[0].value: lies in no volume" })
