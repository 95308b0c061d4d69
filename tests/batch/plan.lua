-- Plans: what is planned and what is not, and why; and that a plan makes what the road makes, whatever the rows hold and whatever rules say
-- of it.
local shell = dofile "tests/lib/shell.lua"

local FOLDER = assert(..., "plan.lua FOLDER")
os.execute(("mkdir -p %s"):format(FOLDER))

local failed, count = 0, 0

local function check(holds, name, words)
  count = count + 1
  if holds then return end
  failed = failed + 1
  print(("not ok %s: %s"):format(name, words))
end

local function write(name, text)
  shell.write(FOLDER .. "/" .. name, text)
  return FOLDER .. "/" .. name
end

-- A Function and a Task with these lines in their specs.
local function model(of_function, of_task)
  return write("model.yaml", ([[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec:
  image: registry.example/tool:1
%s
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec:
%s
]]):format(of_function, of_task or "  steps: [{name: f}]"))
end

local ARGS = '  args: ["--a=${A:=}", "${B:-b}", "${TARGET_NAME}/${NAMESPACE}"]'

-- --- what is planned

-- { name, lines of the Function, lines of the Task or nil, a script or nil, options, what `moonstep plan` says; true: there is a plan }
local PLANNED = {
  { "arguments", ARGS, want = true },
  { "the template stash", ARGS, options = "--template stash", want = true },
  { "the template sequence", ARGS, options = "--template sequence", want = true },
  { "several objects of one target", ARGS, '  steps: [{name: f}, {name: f}, {name: f}]', options = "--template sequence", want = true },
  { "an environment's value", '  runtimeSettings: {container: {}}\n  args: ["${A:=}"]\n', want = true },
  { "a Secret by name", ARGS, '  steps: [{name: f}]\n  volumes: [{name: v, secret: {secretName: "${A:=x}"}}]', want = true },
  { "parameters of the Task", '  args: ["${P}"]', '  steps: [{name: f, params: [{name: P, value: "${A:=}-p"}]}]', want = true },
  { "a volume's name", ARGS, '  steps: [{name: f}]\n  volumes: [{name: "${A:=x}", emptyDir: {}}]',
    want = "spec.volumes.name of Task t differs from target to target" },
  { "where it is mounted", ARGS .. '\n  volumeMounts: [{name: v, mountPath: "/x/${A:=}"}]',
    '  steps: [{name: f}]\n  volumes: [{name: v, emptyDir: {}}]',
    want = "spec.volumeMounts.mountPath of Function f differs from target to target" },
  { "which Function it is", ARGS, '  steps: [{name: "${F:=f}"}]', rows = '{"name": "x", "namespace": "n", "variables": {"F": "f"}}',
    want = "a value that differs from target to target is looked at" },
  { "a provider of the site", '  args: ["${OWNER}"]', script = 'provider "p" { summary = "s", variables = { "OWNER" }, '
    .. 'resolve = function(_, ctx) return "o-" .. ctx.row.name end }', want = true },
  { "a provider's secret", '  args: ["${OWNER}"]', script = 'provider "p" { summary = "s", variables = { "OWNER" }, '
    .. 'resolve = function(_, ctx) return secret("o-" .. ctx.row.name) end }', want = "it does not pass without a word" },
  { "a template of the site", ARGS, options = "--template x", script = 'template "x" { summary = "s", render = function(ctx) return '
    .. '{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = ctx.row.name } } end }', want = "template x is a script of the site" },
  { "a message for each target", ARGS .. '\n  runtimeSettings: {container: {}}', options = "--allow-unset Q",
    task = '  steps: [{name: f, params: [{name: X, value: "${Q}"}]}]', want = "it does not pass without a word" },
}

for _, case in ipairs(PLANNED) do
  local rows = write("rows.ndjson", (case.rows or '{"name": "x", "namespace": "n", "variables": {"A": "1"}}') .. "\n")
  local script = case.script and "--script " .. write("site.lua", case.script) or ""
  local line = "%s plan -f %s --task t --targets %s %s %s"
  local out, err = shell.run(line:format(shell.moonstep, model(case[2], case[3] or case.task), rows, script, case.options or ""))
  if case.want == true then check(out:find("slots:", 1, true), case[1], out .. err)
  else check(out:find("one by one: ", 1, true) and out:find(case.want, 1, true), case[1], out .. err) end
end

-- --- what is made

local ODD = { "", "x", "a b", "true", "0777", "1e3", "~", "null", "'", '"', "a: b", "# c", "- d", "${A}", "$$", "line\nbreak\n", " lead",
  "trail ", "ü€", "\u{1F600}", "\u{85}", "\u{2028}", ("long "):rep(500), "{}", "[]", "&a", "*a", "!t", "|", ">", "%", "@", "`",
  "\t", "a\tb", "\r", "\\", "0" }

local function json(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

local rows = {}
for i, odd in ipairs(ODD) do
  for form = 1, 4 do
    local namespace = form % 2 == 0 and ', "namespace": "shop"' or ""
    local params = form > 2 and (', "params": {"B": %s}'):format(json(ODD[#ODD + 1 - i])) or ""
    local row = '{"name": "row-%d-%d", "variables": {"A": %s, "C": %s}%s%s}'
    rows[#rows + 1] = row:format(i, form, json(odd), json(ODD[i % #ODD + 1]), namespace, params)
  end
end
for i = 1, 300 do
  local name = ("n%d."):format(i):rep(i % 40 + 1) .. "z"
  rows[#rows + 1] = ('{"name": "%s", "namespace": "shop", "variables": {"A": "%d", "C": "c"}}'):format(name, i % 3)
end
local rows_file = write("odd.ndjson", table.concat(rows, "\n") .. "\n")

local WIDE = [==[
  args: ["--a=${A:=}", "${B:-b}", "${TARGET_NAME}/${NAMESPACE:=none}", "${C}", "${#C}", "${A:1:2}", "${C^^}", "${C//a/b}", "x${A}y${C}z"]
  command: ["${C}"]
  workingDir: ${A}
  runtimeSettings:
    env: [{name: A, value: "${A}"}, {name: B, valueFrom: {secretKeyRef: {name: "s-${TARGET_NAME}", key: "${C}"}}}]]==]

local function both(name, options)
  local line = ("%s render -f %s --task t --targets %s %s"):format(shell.moonstep, FOLDER .. "/model.yaml", rows_file, options)
  local out, err, status = shell.run(line)
  local plain_out, plain_err, plain_status = shell.run(line .. " --no-plan")
  check(out == plain_out, name, "the output differs")
  check(err == plain_err, name, ("the messages differ:\n%s\n%s"):format(err:sub(1, 500), plain_err:sub(1, 500)))
  check(status == plain_status, name, ("exit status %s, %s without plans"):format(status, plain_status))
  return out, err
end

model(WIDE)
local out = both("odd values", "")
check(select(2, out:gsub("\nkind: Job\n", "")) > 400, "odd values", "there are few Jobs")
for _, template in ipairs { "stash", "sequence" } do both(template, "--template " .. template) end
model(WIDE, "  steps: [{name: f}, {name: f, params: [{name: B, value: \"${TARGET_NAME}\"}]}]")
for _, format in ipairs { "yaml", "ndjson" } do
  local many = both("several objects, " .. format, ("--template sequence -o %s --policy kubernetes --policy backup"):format(format))
  check(select(2, many:gsub('kind"?: ?"?Job', "")) > 600, "several objects, " .. format, "there are few Jobs")
end
model(WIDE)
both("ndjson", "-o ndjson")
both("names", "-o name")
both("one process", "-j 1")
both("three processes", "-j 3")
both("rules of packs", "--policy kubernetes --policy backup --policy pod-security/restricted")
both("findings that are waived, or no errors", "--policy kubernetes --policy backup --emit-all --fail-on never")

-- Providers that answer, answer not at all, say something, fail, and know a secret, differently from row to row.
local PROVIDERS = [==[
provider "first" { summary = "s", variables = { "C", "P_*" }, override = true, resolve = function(name, ctx)
  if ctx.row.name:find "^n" and name == "C" then return "c of " .. ctx.row.name end end }
provider "second" { summary = "s", variables = { "P_*" }, resolve = function(name, ctx)
  local row = ctx.row.name
  if row:find "^row%-5" then log.info(name .. " of " .. row) end
  if row:find "^row%-7" then error("no " .. name) end
  if row:find "^row%-9" or row:find "3%.z$" then return nil end
  if row:find "^row%-11" and name == "P_SECRET" then return secret("hidden " .. row) end
  return name .. " " .. (ctx:variable "A" or "") .. (ctx.target.ref.namespace or "")
end }
]==]
model(WIDE .. '\n    envFrom: [{secretRef: {name: "${P_NAME:=x}"}}, {secretRef: {name: "${P_SECRET:=y}", optional: true}}]',
  '  steps: [{name: f}, {name: f, params: [{name: B, value: "${P_B:=none}"}]}]')
for _, options in ipairs { "", "--policy kubernetes --policy backup", "--template sequence -j 3" } do
  local _, said = both("providers, " .. options, options .. " --script " .. write("providers.lua", PROVIDERS))
  local words = said:find("no P_B", 1, true) and said:find("P_NAME of row-5", 1, true)
  check(words, "providers, " .. options, "no provider says anything:\n" .. said)
end
model(WIDE)

-- Rules that look at what slots hold, in every way that there is.
local RULES = [==[
local function is_long(v) return type(v) == "string" and #v > 20 end
local function first(v) return type(v) == "string" and v:sub(1, 1) or nil end
rule "x/value" { summary = "s", kinds = { "Job" }, severity = "warning", check = function(job, report)
  if job.metadata.name:find "7" then report(job.metadata, "name", "a seven") end end }
rule "x/asked" { summary = "s", kinds = { "Job" }, check = function(job, report)
  for container in k8s.containers(job) do
    for i = 1, #(container.args or {}) do
      if ask(container.args, i, is_long) then report(container.args, i, "long") end
      if ask(container.args, i, first) == "z" then report(container.args, i, "z") end
    end
  end end }
rule "x/task" { summary = "s", kinds = { "Job" }, select = { task = "t" }, severity = "info", check = function(job, report)
  if job.metadata.namespace == nil then report(job, "metadata.namespace", "none") end end }
rule "x/fails" { summary = "s", kinds = { "Job" }, check = function(job) if job.metadata.name:find "row%-3%-" then error "no" end end }
]==]
local _, err = both("rules of a site", "--script " .. write("rules.lua", RULES))
for _, rule in ipairs { "x/value", "x/asked", "x/task", "x/fails" } do
  check(err:find(rule, 1, true), "rules of a site", "nothing of " .. rule)
end

-- A question that fails is told by the rule that asks it.
both("a question that fails", "--script " .. write("fails.lua", [==[
local function fails(v) if v == "1" then error "no such answer" end return true end
rule "x/question" { summary = "s", kinds = { "Job" }, check = function(job, report)
  for container in k8s.containers(job) do ask(container.args, 4, fails) end end }
]==]))

print(("plan: %d passed, %d failed"):format(count - failed, failed))
return failed == 0
