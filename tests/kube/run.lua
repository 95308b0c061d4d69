-- Runs the cases of cases.lua, each as a template of a script on examples/postgres, beside each other; then what is recorded, the provider
-- `kubernetes`, and a Pod's service account.
local base64 = require "base.base64"
local shell = dofile "tests/lib/shell.lua"

local FOLDER, SERVER = ...
local told = dofile "tests/kube/cases.lua"

local function start()
  local server = assert(io.popen(("%s %s"):format(SERVER, FOLDER), "w"))
  for _ = 1, 100 do
    if shell.exists(FOLDER .. "/ports") then break end
    os.execute "sleep 0.05"
  end
  local words = { folder = io.popen("realpath " .. FOLDER):read "l" }
  for name, port in shell.read(FOLDER .. "/ports"):gmatch "(%w+)=(%d+)" do words[name] = port end
  words.ca, words.pem = base64.encode(shell.read(FOLDER .. "/ca.pem")), base64.encode(shell.read(FOLDER .. "/client.pem"))
  return server, words
end

local server, words = start()

local function filled(text, more) return (text:gsub("@(%a+)@", function(name) return more and more[name] or words[name] end)) end

for name, text in pairs(told.files) do shell.write(FOLDER .. "/" .. name, filled(text)) end
os.execute(("chmod +x %s/*.sh; mkdir -p %s/home/.kube; cp %s/*.pem %s/home/.kube; cp %s/other.yaml %s/home/.kube/config"):format(FOLDER, FOLDER,
  FOLDER, FOLDER, FOLDER, FOLDER))
shell.write(FOLDER .. "/wall.yaml", "limits: {wall: 1s}\n")
shell.write(FOLDER .. "/usual.yaml", "limits: {cpu: 5s, wall: 8s}\n")

-- A kubeconfig with a context c, and others of the names in `more`.
local function kubeconfig(given, more)
  if type(given) == "string" then return given end
  local contexts = {}
  for i, name in ipairs { "c", table.unpack(more or {}) } do contexts[i] = ("{name: %s, context: {cluster: k, user: u}}"):format(name) end
  local user = given[2]:find "^{" and given[2] or "{" .. given[2] .. "}"
  return ("clusters: [{name: k, cluster: {%s}}]\nusers:\n- name: u\n  user: %s\ncontexts: [%s]\n"):format(given[1], user,
    table.concat(contexts, ", "))
end

local UNSET = "env -u KUBECONFIG -u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY -u no_proxy -u NO_PROXY -u "
  .. "KUBERNETES_SERVICE_HOST HOME=/nonexistent "

-- The command line of a case.
local function line_of(case, name)
  local config = ("%s/%s.config"):format(FOLDER, name)
  local script = ("%s/%s.lua"):format(FOLDER, name)
  local more = { config = words.folder .. "/" .. name .. ".config" }
  if case[2] then shell.write(config, filled(kubeconfig(case[2], case.more))) end
  shell.write(script, ('template "x" { summary = "s", render = function(ctx) %s\n%s end }\n'):format(filled(case[3]),
    'return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } }'))
  local grants = {}
  for i, grant in ipairs(case.grants or { "kube=c" }) do grants[i] = "--grant " .. shell.quote(grant) end
  local options = filled(case.options or "--config @folder@/usual.yaml", more)
  return ("%s KUBECONFIG=%s %s timeout -s KILL 20 %s render -f examples/postgres --script %s --template x %s %s"):format(UNSET, more.config,
    filled((case.environment or ""):gsub("^HOME=", "KUBECONFIG= HOME="), more), shell.moonstep, script, table.concat(grants, " "), options)
end

-- --- the cases

local failed, passed = 0, 0
local function verdict(name, why)
  if not why then
    passed = passed + 1
    return
  end
  failed = failed + 1
  print(("not ok %s: %s"):format(name, why))
end

local function list(v) return type(v) == "table" and v or { v } end

-- What is wrong with what was printed, or nil.
local function judge(case, printed, status)
  if status ~= (case.status or 0) then return ("exit status %d, want %d:\n%s"):format(status, case.status or 0, printed) end
  for _, want in ipairs(list(case.want)) do
    if not printed:find(filled(want), 1, true) then return ("no %q in\n%s"):format(filled(want), printed) end
  end
  for _, text in ipairs(list(case.not_want)) do
    if printed:find(text, 1, true) then return ("%q in\n%s"):format(text, printed) end
  end
end

local lines = {}
for i, case in ipairs(told.cases) do lines[i] = line_of(case, i) end
for i, ended in ipairs(shell.beside(lines, FOLDER)) do verdict(told.cases[i][1], judge(told.cases[i], table.unpack(ended))) end

-- Runs a case by itself.
local function run(case, name)
  local out, err, status = shell.run(line_of(case, name))
  return out .. err, status
end

-- --- commands that are not waited for

do
  local case = { "", told.cases[1][2], "" }
  case[2] = { case[2][1], ("exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: %s}"):format("./leaves.sh") }
  case[3] = 'kube.get { apiVersion = "v1", kind = "Namespace", name = "x" }'
  shell.write(FOLDER .. "/leaves.sh", ("#!/bin/sh\necho $$ >%s/pid\nexec sleep 60\n"):format(words.folder))
  os.execute(("chmod +x %s/leaves.sh"):format(FOLDER))
  case.options = "--config @folder@/wall.yaml"
  local printed, status = run(case, "leaves")
  local pid = shell.read(FOLDER .. "/pid"):match "%d+"
  verdict("a command ends with the run", (status ~= 2 or shell.exists(("/proc/%s/stat"):format(pid))) and printed .. " left " .. pid)
end

do -- a kubeconfig of the working folder, and a command beside it
  shell.write(FOLDER .. "/here.config", filled(kubeconfig { told.cases[1][2][1], "exec: {apiVersion: client.authentication.k8s.io/v1, "
    .. "interactiveMode: Never, command: ./good.sh}" }))
  local out, err = shell.run(("tool=$(realpath %s) && cd %s && %s $tool lua --grant kube=c --kubeconfig here.config"):format(shell.moonstep,
    FOLDER, UNSET), told.cases[1][3]:gsub("log.info", "print") .. "\n")
  verdict("a command in the working folder", out ~= "from Turin\n" and out .. err)
end

-- --- many targets at once

do
  local sessions = {}
  for i = 1, 40 do
    sessions[i] = ("---\napiVersion: stash.appscode.com/v1beta1\nkind: BackupSession\nmetadata: {name: s-%d, namespace: demo}\n"
      .. "spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: sample-postgres}}\n"):format(i)
  end
  shell.write(FOLDER .. "/sessions.yaml", table.concat(sessions))
  local function crowd(command, name)
    local case = { "", { told.cases[1][2][1], ("exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./%s, "
      .. 'env: [{name: COUNT, value: "@folder@/%s-runs"}, {name: TOKEN, value: in-all}]}'):format(command, name) }, told.cases[1][3],
      options = "-f @folder@/sessions.yaml --keep-going --config @folder@/usual.yaml" }
    local printed = run(case, name)
    return printed, shell.read(("%s/%s-runs"):format(FOLDER, name))
  end
  local printed, runs = crowd("counts-1.sh", "crowd")
  local count = select(2, printed:gsub("from Turin", ""))
  verdict("41 targets ask twice in all, with one token", not (runs == "x\n" and count == 41) and ("%d, %q:\n%s"):format(count, runs, printed))
  printed, runs = crowd("counted-failure.sh", "failures")
  count = select(2, printed:gsub("ended with status 4", ""))
  verdict("41 targets wait for one failure", not (runs == "x\n" and count == 41) and ("%d, %q:\n%s"):format(count, runs, printed))
end

-- --- a run that is recorded, and repeated with neither server nor kubeconfig

local RECORDED = [[
local auth = kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = "auth", keys = { "password" }, plain = { "username" } }
log.info(auth.data.username .. type(auth.data.password))
kube.list { apiVersion = "v1", kind = "Secret", namespace = "shop" }
log.info(kube.get { apiVersion = "sites.example/v1alpha1", kind = "Region", name = "eu:1" }.spec.city)
log.info(tostring(kube.get { apiVersion = "v1", kind = "Pod", namespace = "shop", name = "nowhere" }))]]

do
  local good = told.cases[1][2]
  local recorded = run({ "", good, RECORDED, options = "--config @folder@/usual.yaml --record @folder@/recorded" }, "recorded")
  local replayed = run({ "", nil, RECORDED, options = "--config @folder@/usual.yaml --replay @folder@/recorded" }, "recorded")
  verdict("replayed", recorded ~= replayed and ("recorded: %s\nreplayed: %s"):format(recorded, replayed))
  verdict("recorded", not recorded:find("alicesecret", 1, true) and recorded)
  local names = shell.entries(FOLDER .. "/recorded")
  verdict("exchanges", #names ~= 6 and ("%d exchanges were recorded, not 6"):format(#names))
  for _, name in ipairs(names) do
    local text = shell.read(("%s/recorded/%s"):format(FOLDER, name))
    for _, hush in ipairs { "ocelot", "Z25hdC", "good-token", "second-hush", "c2Vjb25k", "localhost" } do
      verdict("no secret in " .. name, text:find(hush, 1, true) and text)
    end
  end
  local other = run({ "", nil, 'kube.get { apiVersion = "v1", kind = "Pod", namespace = "x", name = "y" }',
    options = "--config @folder@/usual.yaml --replay @folder@/recorded" }, "other")
  verdict("not recorded", not other:find("context c: GET /api/v1/namespaces/x/pods/y: there is no recorded exchange for it", 1, true) and other)
end

-- --- the provider

local PROVIDER = [[
providers:
  kubernetes:
    context: c
    namespace: shop
    variables:
      V: {%s}
      OTHER: {kind: Secret, name: auth, key: username, secret: false}
limits: {wall: 8s, cpu: 5s}
scripts: [%s/secrets.lua]
]]

-- Prints what V is; a secret goes where secrets may.
shell.write(FOLDER .. "/secrets.lua", [[
template "shows" { summary = "s", render = function(ctx)
  local v = ctx:variable "V"
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "a", annotations = type(v) ~= "secret" and { v = tostring(v) } or nil },
    stringData = type(v) == "secret" and { v = v } or nil }
end }
]])

-- What V is declared as, and its value: `v: ` in front of one that is no secret stands in annotations; or words of the failure.
local ROWS = {
  { "kind: Secret, name: auth, key: password", 'stringData:\n  v: gnat-ocelot' },
  { "kind: Secret, name: auth, key: username, secret: false", "annotations:\n    v: alice" },
  { "kind: Secret, name: \"a{NAME}h\", key: password", 'stringData:\n  v: gnat-ocelot' },
  { "kind: Secret, name: \"{MISSING}\", key: password", fails = "variables.V needs MISSING, which has no value" },
  { "kind: Secret, name: \"{OTHER}\", key: password", fails = "variables.V has {OTHER}, which this provider itself is asked for" },
  { "kind: Secret, name: auth, key: password, base64: true", "stringData:\n  v: \"Z25hdC1vY2Vsb3Q=\"" },
  { "kind: Secret, name: auth, key: bytes, base64: true", "stringData:\n  v: //4AaHVzaGVk" },
  { "kind: Secret, name: auth, key: bytes", fails = "Secret shop/auth of context c has bytes under bytes that are no text; base64: true gives them encoded" },
  { "kind: Secret, name: auth, key: pasword", fails = "Secret shop/auth of context c has no key pasword; it has bytes, empty, namespace, password, username" },
  { "kind: Secret, name: auth, key: pasword, optional: true", "annotations:\n    v: nil" },
  { "kind: Secret, name: nowhere, key: x", fails = "there is no Secret shop/nowhere of context c" },
  { "kind: Secret, name: nowhere, key: x, optional: true", "annotations:\n    v: nil" },
  { "kind: Secret, name: x, namespace: broken, key: x, optional: true", fails = "500: etcd is away" },
  { "kind: ConfigMap, name: conf, key: region", "annotations:\n    v: eu" },
  { "kind: ConfigMap, name: conf, key: region, secret: true", "stringData:\n  v: eu" },
  { "kind: ConfigMap, name: conf, key: region, base64: true", "annotations:\n    v: \"ZXU=\"" },
  { "kind: ConfigMap, name: conf, key: text", "annotations:\n    v: \"grün\"" },
  { "kind: ConfigMap, name: conf, key: bytes, base64: true", "annotations:\n    v: \"//4=\"" },
  { "kind: ConfigMap, name: conf, key: bytes", fails = "that are no text" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/port", "annotations:\n    v: \"5432\"" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/tls", "annotations:\n    v: \"true\"" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/replicas/1/zone", "annotations:\n    v: b" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/a~1b/~0", "annotations:\n    v: odd" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/none", fails = "Database shop/orders of context c has nothing at /spec/none" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec/host/x, optional: true", "annotations:\n    v: nil" },
  { "kind: Database, apiVersion: sites.example/v1alpha1, name: orders, pointer: /spec", fails = "Database shop/orders of context c, /spec is a map; a variable takes a string" },
  { "kind: AppBinding, name: orders, pointer: /x", fails = "the cluster has no API appcatalog.appscode.com/v1alpha1, so no kind AppBinding" },
  { "kind: Database, name: orders, pointer: /x", fails = "variables.V needs the apiVersion of Database" },
  { "kind: Secret, name: auth", fails = "variables.V needs either key or pointer" },
  { "kind: Secret, name: auth, key: a, pointer: /b", fails = "variables.V needs either key or pointer" },
  { "kind: Secret, name: auth, pointer: /data/a", fails = "is of a Secret, and needs a key" },
  { "kind: Pod, apiVersion: v1, name: auth, key: a", fails = "variables.V has a key, which is for Secret and ConfigMap" },
  { "kind: ConfigMap, name: auth, pointer: a", fails = "variables.V has a pointer that is none, a: it must be empty or begin with /" },
  { "key: a", fails = "variables.V needs kind and name" },
  { "kind: Secret, names: auth, key: a", fails = "names is no field of" },
}

for i, row in ipairs(ROWS) do
  local config = ("%s/provider-%d.yaml"):format(FOLDER, i)
  shell.write(config, PROVIDER:format(row[1], words.folder))
  shell.write(FOLDER .. "/c.config", filled(kubeconfig(told.cases[1][2])))
  local out, err, status = shell.run(("%s KUBECONFIG=%s/c.config %s render -f examples/postgres --task postgres-backup-11.2 --set NAME=ut "
    .. "--template shows --config %s"):format(UNSET, FOLDER, shell.moonstep, config))
  local wanted = row.fails or row[2]
  if status ~= (row.fails and 2 or 0) or not (out .. err):find(wanted, 1, true) then
    verdict("provider: " .. row[1], ("status %d, no %q in\n%s%s"):format(status, wanted, out, err))
  else verdict() end
end

do -- what its settings name is granted to it alone
  local out, err, status = shell.run(line_of({ "", told.cases[1][2], 'kube.get { context = "c", apiVersion = "v1", kind = "Pod", namespace = '
    .. '"x", name = "y" }', grants = {}, options = "--config @folder@/provider-1.yaml" }, "private"))
  verdict("private", not (status == 2 and err:find("context c is not granted", 1, true)) and out .. err)
end

-- --- a Pod's service account, in a file system of its own

local POD = [[unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount/..1 && cd /run/secrets/kubernetes.io/serviceaccount &&
  printf good-token >..1/token && cp %s/ca.pem ..1/ca.crt && ln -s ..1 ..data && ln -s ..data/token token && ln -s ..data/ca.crt ca.crt && cd %s &&
  env KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=%s %s']]

if os.execute "unshare -m sh -c 'mount -t tmpfs none /run && test -d /var/run' 2>/dev/null" then
  local line = line_of({ "", nil, told.cases[1][3], grants = { "kube=in-cluster" } }, "pod")
  shell.write(FOLDER .. "/pod.sh", line:gsub("%-u KUBERNETES_SERVICE_HOST", "") .. "\n")
  local here = io.popen("pwd"):read "l"
  local out, err = shell.run(POD:format(words.folder, here, words.tls, "sh " .. words.folder .. "/pod.sh"))
  verdict("in a Pod", not err:find("from Turin", 1, true) and out .. err)
else print "kube: a Pod's service account was not tried, for want of mount namespaces" end

server:close()
print(("kube: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
