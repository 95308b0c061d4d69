-- Nothing that a run prints or writes holds a secret: secrets of many kinds through every command, every format and every way in which
-- something goes wrong with them. A line of PRINTED is the counterpart: there the secret must come out.
--
-- The secret comes from the environment, by the provider `env`, and once more under a name that is not called secret. It is looked for
-- as it is and as base64, percent-encoded and JSON.
local pages = dofile "tests/lib/pages.lua"
local shell = dofile "tests/lib/shell.lua"
local emit = require "engine.emit"
local load = require "engine.load"

local FOLDER = assert(..., "run.lua FOLDER")

local FILES = {
  ["moonstep.yaml"] = [[
providers:
  env: {names: [PASSWORD], secret: [PASS*]}
]],
  ["waived.yaml"] = [[
providers:
  env: {names: [PASSWORD], secret: [PASSWORD]}
waive:
- {rule: secret-in-object, match: dump, reason: "OPS-7: until the client reads files"}
]],
  ["task.yaml"] = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec:
  image: dump
  args: ["--url=pg://u:${PASSWORD}@h", "${PASSWORD:0:3}", "${PASSWORD^^}", "${LATE:=x}"]
  runtimeSettings: {env: [{name: PGPASSWORD, value: "${PASSWORD}"}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump, params: [{name: LATE, value: "x${PASSWORD}"}]}]}
]],
  ["rows.ndjson"] = '{"name":"a","params":{"LATE":"late"}}\n',
  ["key.yaml"] = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "i:${PASSWORD}", runtimeSettings: {resources: {limits: {"${PASSWORD}": 1}}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump}], volumes: [{name: "${PASSWORD}", emptyDir: {}}]}
]],
  ["wrong.yaml"] = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "i", args: ["${PASSWORD:0:-1}", "${PASWORD}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: dump}]}
]],
  ["named.yaml"] = [[
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: dump}
spec: {steps: [{name: "f-${PASSWORD}"}]}
]],
  -- A script that knows the secret, and tells it in every way that it can.
  ["tells.lua"] = [[
local plain = env.get "SAME"
secret(plain)
log.warn("it is " .. plain)
log.info("it is " .. json.encode { a = plain })
rule "x" { summary = "it is " .. plain, help = plain, kinds = { "*" }, check = function(object, report)
  report(object, plain, "it is " .. plain, { hint = plain })
  report(object, nil, plain .. yaml.encode(object), { fix = plain })
  error(plain)
end }
waive { rule = "y", match = plain, reason = plain }
provider "p" { summary = plain, variables = { "LATE" }, override = true, resolve = function(name, ctx)
  error("failed with " .. plain)
end }
]],
  ["hands-on.lua"] = [[
template "bad" { summary = "s", render = function(ctx)
  error(ctx:variable "PASSWORD")
end }
template "name" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" .. ctx:variable "PASSWORD" } }
end }
template "list" { summary = "s", render = function(ctx)
  return k8s.list { k8s.copy(ctx.task), { apiVersion = "v1", kind = "X", metadata = { name = "x" }, spec = { ctx:containers() } } }
end }
template "secret" { summary = "s", render = function(ctx)
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "x" }, stringData = { password = ctx:variable "PASSWORD" } }
end }
]],
  ["it_test.lua"] = [[
test "a task" { scripts = { "hands-on.lua" }, file = "task.yaml", render = true, task = "dump", expect = {} }
test "a snapshot" { scripts = { "hands-on.lua" }, file = "task.yaml", render = true, task = "dump", template = "secret", snapshot = "kept" }
test "an error" { scripts = { "hands-on.lua" }, file = "task.yaml", render = true, task = "dump", template = "bad", error = "none" }
]],
}

local SECRETS = {
  "hunter2-and-more",
  "with \"quotes\" and \\ and 'others'",
  "line one of it\nline two of it\n\tthree of them",
  "gr\u{fc}\u{df}e aus \u{1f600}",
  "a/b?c&d=e f%20g+h",
  "----- BEGIN KEY -----\nTUlJRXZnSUJBREFOQmdrcWhraUc5dzBC\n----- END KEY -----\n",
  "{\"a\": [1, true, null]}",
  "${NAME:=x}$$",
  "$(HOME)`id`",
  "]]><b>&lt;</b>",
  "::error file=x::y%0Az",
  "# SKIP ok 1 - it",
  "\u{202e}gnirts a\u{9b}31m",
  "postgres",
  "true",
  "line",
  "error",
}

-- Three more that nobody thought of.
local state = 20260101
for _ = 1, 3 do
  local bytes = {}
  for i = 1, 24 do
    state = (state * 1103515245 + 12345) % (1 << 31)
    bytes[i] = string.char(33 + (state >> 16) % 94)
  end
  SECRETS[#SECRETS + 1] = table.concat(bytes)
end

local FORMATS = { "human", "ndjson", "json", "sarif", "junit", "tap", "github", "html" }

-- Command lines behind `moonstep`, in the folder.
local HIDDEN = {
  "render -f task.yaml --task dump",
  "render -f task.yaml --task dump -o json --emit-all --keep-going",
  "render -f task.yaml --task dump -o name",
  "render -f task.yaml --task dump --fail-on never --emit-all",
  "render -f key.yaml --task dump --emit-all",
  "render -f wrong.yaml --task dump",
  "render -f named.yaml --task dump",
  "explain -f task.yaml --task dump",
  "explain -f task.yaml --task dump -o json",
  "explain -f task.yaml --task dump --field spec.template.spec.containers[0]",
  "explain -f task.yaml --task dump --field spec.template.spec.containers[0].args[0] -o json",
  "explain -f task.yaml --task dump --targets rows.ndjson --target a",
  "explain -f task.yaml --task dump --targets rows.ndjson --target a --field spec.template.spec.containers[0] -o json",
  "explain -f task.yaml --task dump --set LATE=\"$PASSWORD\"",
  "explain -f task.yaml --task dump --set LATE=\"$PASSWORD\" -o json",
  "check -f task.yaml --task dump --policy kubernetes --policy backup --policy shell",
  "check -f task.yaml --task dump --script tells.lua --grant env=SAME",
  "check -f task.yaml --script tells.lua --grant env=SAME --task dump --fix --dry-run",
  "render -f task.yaml --task dump --template bad --script hands-on.lua",
  "render -f task.yaml --task dump --template name --script hands-on.lua",
  "render -f task.yaml --task dump --template list --script hands-on.lua --emit-all",
  "render -f task.yaml --task dump --template secret --script hands-on.lua -o name",
  "test it_test.lua --config moonstep.yaml",
  "test it_test.lua --config moonstep.yaml --update",
  "test it_test.lua --config moonstep.yaml --format junit",
  "test it_test.lua --config moonstep.yaml --format tap",
  "lua -f task.yaml --task dump </dev/stdin",
}

local TYPED = 'ctx:variable "PASSWORD"\nctx:containers()\nctx.task\nerror(ctx:variable "PASSWORD")\n'
  .. 'env.get "PASSWORD"\nprint(env.get "SAME")\nenv.get "SAME"\nerror(env.get "SAME")\n'

local PRINTED = {
  "render -f task.yaml --task dump --template secret --script hands-on.lua -o ndjson",
  "render -f task.yaml --task dump --config waived.yaml -o ndjson",
}

-- --- looking for it

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
  local bits = text:gsub(".", function(c)
    local out = {}
    for i = 7, 0, -1 do out[#out + 1] = c:byte() >> i & 1 end
    return table.concat(out)
  end)
  return (bits:sub(1, #bits // 6 * 6):gsub("%d%d%d%d%d%d", function(six)
    local n = tonumber(six, 2) + 1
    return DIGITS:sub(n, n)
  end))
end

local function percent(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

local function forms(secret)
  return { secret, base64(secret), percent(secret), emit.new {}:json(secret):sub(2, -2), secret:match "[^\n]+" }
end

-- Words that stand in the tool's own output are no sign of a leak where the secret is such a word.
local COMMON = { postgres = true, ["true"] = true, line = true, error = true }

local function found_in(text, secret)
  for _, form in ipairs(COMMON[secret] and {} or forms(secret)) do
    if text:find(form, 1, true) then return form end
  end
end

-- --- running

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

local function run(line, secret, input)
  local words = "cd %s && export PASSWORD=%s && SAME=$PASSWORD timeout -s KILL 20 %s %s"
  return shell.run(words:format(FOLDER, shell.quote(secret), shell.quote(tool), line), input)
end

local passed, failed = 0, 0
local function count(ok, line, secret, why)
  if ok then passed = passed + 1
  else
    failed = failed + 1
    print(("not ok %s with %q: %s"):format(line, secret, why))
  end
end

local function report_files()
  local all = {}
  for i, format in ipairs(FORMATS) do all[i] = ("--report %s=report.%s"):format(format, format) end
  return table.concat(all, " ")
end

local function look(line, secret, text, status)
  local found = found_in(text, secret)
  count(not found and status ~= 137, line, secret, found and ("it printed %q in\n%s"):format(found, text:sub(1, 2000)) or "it hangs")
  count(not text:find("internal", 1, true) and not text:find("stack traceback", 1, true), line, secret, text:sub(1, 2000))
end

-- Machines can still read what secrets were taken out of.
local function is_json(text)
  local source = load.source(text)
  return source and load.next(load.reader(source)) ~= nil
end

local function run_hidden(line, secret)
  local reports = line:find "^render" or line:find "^check"
  os.execute(("rm -f %s/report.* %s/kept"):format(FOLDER, FOLDER))
  local typed = line:find "^lua" and TYPED or nil
  local more = reports and not line:find "%-%-fix" and " " .. report_files() or typed and " --grant env=SAME" or ""
  local out, err, status = run(line .. more, secret, typed)
  local all = { out, err }
  for _, name in ipairs { "kept", table.unpack(FORMATS) } do
    local path = FOLDER .. "/" .. (name == "kept" and name or "report." .. name)
    if shell.exists(path) then all[#all + 1] = name == "html" and pages.words(pages.read(shell.read(path))) or shell.read(path) end
    if shell.exists(path) and (name == "json" or name == "sarif") then count(is_json(all[#all]), line, secret, path .. " is no JSON") end
  end
  count(not reports or line:find "%-%-fix" or #all >= 2 + #FORMATS, line, secret, "reports are missing:\n" .. err)
  look(line, secret, table.concat(all, "\n"), status)
end

for name, text in pairs(FILES) do shell.write(FOLDER .. "/" .. name, text) end
for i, secret in ipairs(SECRETS) do
  for k, line in ipairs(HIDDEN) do
    if i <= 4 or (i + k) % 3 == 0 then run_hidden(line, secret) end -- the first few go everywhere
  end
end
for _, secret in ipairs(SECRETS) do
  for _, line in ipairs(PRINTED) do
    local out, err, status = run(line, secret)
    local form = emit.new {}:json(secret):sub(2, -2)
    count(status == 0 and out:find(form, 1, true), line, secret, "it is not printed:\n" .. out .. err)
    count(not found_in(err, secret), line, secret, "messages hold it:\n" .. err)
  end
end
print(("secrets: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
