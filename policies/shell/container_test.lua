-- Where shell text stands, and what is put into it.

local function pod(container)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: a, %s}\n"):format(container)
end

-- The finding of a text that cannot be read, at these places; so it is seen where text was looked for.
local function places(name, input, ...)
  local expect = {}
  for i, path in ipairs { ... } do expect[i] = "shell/syntax @ " .. path end
  test(name) { input = input, expect = expect }
end

local C = "spec.containers[0]."
for _, case in ipairs {
  { 'command: [sh, -c, "a ("]', "command[2]" }, { 'command: [/bin/sh, -ec, "a ("]', "command[2]" },
  { 'command: [sh, -c], args: ["a ("]', "args[0]" }, { 'command: [sh], args: [-c, "a ("]', "args[1]" },
  { 'args: [/usr/bin/bash, -lc, "a ("]', "args[2]" }, { 'command: [bash, -o, pipefail, -c, "a ("]', "command[4]" },
  { 'command: [bash, --norc, -c, "a ("]', "command[3]" }, { 'command: [bash, -c, --, "a ("]', "command[3]" },
  { 'command: [env, A=b, sh, -c, "a ("]', "command[4]" }, { 'command: [busybox, sh, -c, "a ("]', "command[3]" },
  { 'command: [/sbin/tini, --, ash, -c, "a ("]', "command[4]" }, { 'command: [timeout, "10", dash, -c, "a ("]', "command[4]" },
  { 'command: [sh, -c, "a (", "b ("]', "command[2]" },
} do places("a command line: " .. case[1], pod(case[1]), C .. case[2]) end

for _, none in ipairs { 'command: [echo, sh, -c, "a ("]', 'command: [sh, "a ("]', "command: [sh, -c]", 'args: [-c, "a ("]',
  'command: [sh, "-", "a ("]',
  "command: []", "command: x", "command: [1, {}, null]", "command: [sh, -c, 1]", "command: [env]" } do
  places("no shell text: " .. none, pod(none))
end

places("probes and lifecycle", pod [[
livenessProbe: {exec: {command: [sh, -c, "a ("]}}, readinessProbe: {exec: {command: [sh, -c, "a ("]}},
    startupProbe: {exec: {command: [sh, -c, "a ("]}}, lifecycle: {postStart: {exec: {command: [sh, -c, "a ("]}},
      preStop: {exec: {command: [sh, -c, "a ("]}}}]],
  C .. "livenessProbe.exec.command[2]", C .. "readinessProbe.exec.command[2]", C .. "startupProbe.exec.command[2]",
  C .. "lifecycle.postStart.exec.command[2]", C .. "lifecycle.preStop.exec.command[2]")

places("a CronJob", [[
apiVersion: batch/v1
kind: CronJob
metadata: {name: j}
spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: i, image: a, command: [sh, -c, "a ("]}]}}}}}
]], "spec.jobTemplate.spec.template.spec.initContainers[0].command[2]")

places("hooks of an invoker", [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: b, namespace: demo}
spec: {hooks: {preBackup: {exec: {command: [sh, -c, "a ("]}}, postBackup: {exec: {command: [echo]}}}}
]], "spec.hooks.preBackup.exec.command[2]")

places("hooks of a member", [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBatch
metadata: {name: b, namespace: demo}
spec: {members: [{hooks: {postBackup: {exec: {command: [sh, -c, "a ("]}}}}]}
]], "spec.members[0].hooks.postBackup.exec.command[2]")

-- --- values that become code

local function a_function(text, env)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec:
  image: a
  command: [sh, -c]
  args:
  - %s
  runtimeSettings: {env: [%s]}
]]):format(text, env or "")
end

local function variable(text, ...)
  local expect = {}
  for i, words in ipairs { ... } do expect[i] = "shell/variable-in-text @ spec.args[0]: " .. words end
  test("a Function's text: " .. text) { input = a_function(text), expect = expect }
end
variable("'a \"${NAME}\"'", "${NAME} is put into shell text")
variable("a ${NAME:=x}", "${NAME:=x}")
variable("\"a '${A}' ${B} ${A}\"", "${A}", "${B}")
variable("'a \"$${NAME}\" \"$NAME\"'")
variable("a")
test "a value of the environment" { input = a_function("'a \"$HOST\"'", '{name: HOST, value: "${host}"}'), expect = {} }
test "a Function's probe" { input = a_function("a"):gsub("env: %[%]", "readinessProbe: {exec: {command: [sh, -c, 'a ${B}']}}"),
  expect = { "shell/variable-in-text @ spec.runtimeSettings.readinessProbe.exec.command[2]" } }
test "the shell's own variables of a Function" { input = a_function "'rm $${X} $${#Y}'",
  expect = { "shell/unquoted @ spec.args[0]: ${X}" } }
test "a Function without a shell" { input = a_function("a ${B}"):gsub("%[sh, %-c%]", "[psql]"), expect = {} }

local FOO = "env: [{name: FOO, value: x}], "
test "a reference of Kubernetes" { input = pod(FOO .. "command: [sh, -c, 'echo \"$(FOO)\" $(FOO)']"),
  expect = { "shell/variable-in-text @ spec.containers[0].command[2]: Kubernetes puts the value of $(FOO)" } }
test "a command that is no reference" { input = pod(FOO .. "command: [sh, -c, 'echo \"$(BAR)\"']"), expect = {} }
test "a reference that is escaped" { input = pod(FOO .. "command: [sh, -c, 'echo \"$$(FOO)\"']"), expect = {} }
test "a reference outside of shell text" { input = pod(FOO .. "command: [sh, -c, 'echo \"$1\"', sh, $(FOO)]"), expect = {} }
