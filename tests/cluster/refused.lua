-- What cannot be done on the cluster of KUBECONFIG, as somebody meets it who runs moonstep: one message that says what, where and what to
-- do, exit status 2, and nothing applied. The cluster may be a control plane alone.
local base64 = require "base.base64"
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "refused"
local suite = dofile "tests/lib/suite.lua"

local namespace, folder, cluster, kubectl, moonstep = stage.namespace, stage.folder, stage.cluster, stage.kubectl, stage.moonstep
local expect, expect_of = stage.expect, stage.expect_of

local function sh(line)
  local out, err, code = shell.run(line)
  return code == 0 and out or error(("%s\n%s%s"):format(line, out, err), 2)
end

-- Writes a kubeconfig of the context `other`, for the cluster unless another server is named. Returns options that take it.
local function config(name, user, server)
  shell.write(("%s/%s"):format(folder, name), ([[
clusters: [{name: k, cluster: {server: "%s", certificate-authority-data: %s}}]
users: [{name: u, user: {%s}}]
contexts: [{name: other, context: {cluster: k, user: u}}]
]]):format(server or cluster.settings.origin, base64.encode(cluster.settings.ca), user))
  return ("--kubeconfig %s/%s"):format(folder, name)
end

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

local function expect_nothing_applied()
  suite.equal(kubectl(("-n %s get jobs,configmaps -l moonstep/run -o name"):format(namespace)), "", "what was applied")
end

-- --- no cluster, or none that lets us in: { what it is, a function that gives options of the command line, words of the message … }

-- A client certificate that was good until yesterday, of an authority that the cluster need not know.
local function expired()
  sh(([[cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=us -keyout key -out ca 2>&1 &&
    openssl req -new -key key -subj /CN=us -out asked 2>&1 &&
    openssl x509 -req -in asked -CA ca -CAkey key -CAcreateserial -days -1 -out old 2>&1]]):format(folder))
  local function encoded(name) return base64.encode(shell.read(("%s/%s"):format(folder, name))) end
  return config("expired", ("client-certificate-data: %s, client-key-data: %s"):format(encoded "old", encoded "key")) .. " --context other"
end

local ROWS = {
  { "no kubeconfig", function()
    shell.write(folder .. "/empty", "")
    return ("--kubeconfig %s/empty"):format(folder)
  end, "error[kube]: no cluster is named: no kubeconfig with contexts was found", "`moonstep run --local` needs no cluster" },
  { "a kubeconfig that is not there", function() return "--kubeconfig /nowhere/config" end, "/nowhere/config" },
  { "no current context", function() return config("no-current", "token: x") end, "no context is named", "there is other",
    "--context NAME" },
  { "a wrong context", function() return config("wrong", "token: x") .. " --context othr" end, "there is no context othr in",
    "there is other", "did you mean other?" },
  { "a server that is down", function() return config("down", "token: x", "https://127.0.0.1:1") .. " --context other" end,
    "context other: ", "https://127.0.0.1:1/", "no connection", "is the cluster up, and is its `server` in the kubeconfig the right one?" },
  { "a certificate that has expired", expired, "401 Unauthorized", "it was asked as user u of ", "the client certificate expired on 20",
    "get a new one" },
  { "a token that has expired", function() return config("token", "token: x") .. " --context other" end, "401 Unauthorized",
    "it was asked as user u of ", "the token may have expired; put a new one into the kubeconfig" },
}

for _, row in ipairs(ROWS) do
  case(row[1], function()
    local more, words = row[2](), table.move(row, 3, #row, 1, {})
    for _, command in ipairs { "run", "apply", "diff" } do expect_of(2, words, moonstep(command, "shut-out", more)) end
    for _, command in ipairs { "status", "logs shut-out", "delete shut-out" } do
      expect_of(2, words, stage.other(("%s %s"):format(command, more)))
    end
    expect_nothing_applied()
  end)
end

-- --- rights: { name, rules of its Role, more options, words of the message … }

local ROLE = [[
apiVersion: v1
kind: ServiceAccount
metadata: {name: NAME}
---
apiVersion: v1
kind: Secret
metadata: {name: NAME-token, annotations: {kubernetes.io/service-account.name: NAME}}
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME}
rules: [RULES]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME}
subjects: [{kind: ServiceAccount, name: NAME}]
]]

-- Options that make moonstep a service account with a Role of these rules.
local function as_account(name, rules)
  kubectl(("-n %s create -f -"):format(namespace), (ROLE:gsub("%u%u+", { NAME = name, RULES = rules })))
  local token = assert(stage.poll(function()
    local text = kubectl(("-n %s get secret %s-token -o 'jsonpath={.data.token}'"):format(namespace, name))
    return text ~= "" and base64.decode(text)
  end), "the cluster gave no token")
  return config(name, "token: " .. token) .. " --context other"
end

local JOBS = '{apiGroups: [batch], resources: [jobs], verbs: [get, list, watch, create, patch]}'

local RIGHTS = {
  { "outsider", "", "", 'cannot list resource "jobs"' },
  { "looker", '{apiGroups: [batch], resources: [jobs], verbs: [get, list, watch]}', "--detach", 'cannot patch resource "jobs"' },
  { "blind", JOBS, "", 'cannot list resource "pods"' },
  { "unwatching", JOBS .. ', {apiGroups: [""], resources: [pods], verbs: [get, list]}', "", 'cannot watch resource "pods"' },
}

for _, row in ipairs(RIGHTS) do
  case("rights of an account that is " .. row[1], function()
    local said, code = moonstep("run", row[1], as_account(row[1], row[2]) .. " " .. row[3])
    expect(said, code, 2, "403 Forbidden", row[4], ('User "system:serviceaccount:%s:%s"'):format(namespace, row[1]),
      ('in the namespace "%s"'):format(namespace), "give the user a role that allows it; `kubectl auth can-i` tells what it may do")
    expect_nothing_applied()
  end)
end

case("a batch without rights is told so once", function()
  shell.write(folder .. "/rows.ndjson", '{"name": "a"}\n{"name": "b"}\n{"name": "c"}\n')
  local said, code = moonstep("run", "fleet", ("--kubeconfig %s/unwatching --context other --targets rows.ndjson --queue %s/queue"):format(
    folder, folder))
  expect(said, code, 2, 'cannot watch resource "pods"')
  suite.equal(select(2, said:gsub("403 Forbidden", "")), 1, said)
  expect_nothing_applied()
end)

-- --- what cannot be changed

local FIXED = [[
template "fixed" { summary = "s", render = function(ctx)
  local mode, role, kind = ctx:variable "MODE", ctx:variable "ROLE", ctx:variable "TYPE"
  return { { apiVersion = "v1", kind = "PersistentVolumeClaim", metadata = { name = "data" },
      spec = { accessModes = { mode }, resources = { requests = { storage = "1Mi" } }, storageClassName = "none" } },
    { apiVersion = "rbac.authorization.k8s.io/v1", kind = "RoleBinding", metadata = { name = "fixed" },
      roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "Role", name = role },
      subjects = { { kind = "ServiceAccount", name = "x" } } },
    { apiVersion = "v1", kind = "Secret", metadata = { name = "fixed" }, type = kind, stringData = { a = "b" } },
    { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "fixed" }, data = { a = kind } } }
end }
]]

-- All that is in the way is told, and what could have been changed is not.
case("fields that cannot be changed", function()
  shell.write(folder .. "/fixed.lua", FIXED)
  local more = "--script fixed.lua --template fixed --set MODE=%s --set ROLE=%s --set TYPE=%s"
  expect_of(0, { "RoleBinding " .. namespace .. "/fixed created" }, moonstep("apply", "fixed", more:format("ReadWriteOnce", "a", "a/b")))
  local said, code = moonstep("apply", "fixed", more:format("ReadWriteMany", "b", "b/c"))
  expect(said, code, 2, "spec is immutable after creation", "and what it holds goes with it", "roleRef: cannot change roleRef",
    "type: Invalid value: \"b/c\": field is immutable", "it cannot be changed while it exists: delete it first",
    ("in PersistentVolumeClaim %s/data\n"):format(namespace), ("in Secret %s/fixed\n"):format(namespace))
  suite.equal(said:find("\\x", 1, true) or said:find("{", 1, true), nil, said)
  suite.equal(kubectl(("-n %s get configmap fixed -o 'jsonpath={.data.a}'"):format(namespace)), "a/b")
  kubectl(("-n %s delete configmap,secret,rolebinding,pvc fixed data --ignore-not-found --wait=false"):format(namespace))
end)

-- --- quotas

-- quota(hard): until the function that it gives is called. It counts when the API server knows how much is used.
local function quota(hard)
  kubectl(("-n %s create quota none --hard=%s"):format(namespace, hard))
  stage.poll(function()
    return kubectl(("-n %s get quota none -o 'jsonpath={.status.used}'"):format(namespace)) ~= ""
  end)
  return function() kubectl(("-n %s delete quota none"):format(namespace)) end
end

case("a quota of Jobs", function()
  local lift = quota "count/jobs.batch=0"
  local said, code = moonstep("run", "many")
  lift()
  expect(said, code, 2, "exceeded quota: none", "delete what is not needed any more, ask for less, or have the quota raised")
  expect_nothing_applied()
end)

local BACKUP = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: r}
spec: {backend: {rest: {url: "http://nowhere.example/"}, storageSecretName: s}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly}
spec: {repository: {name: r}, task: {name: redis-backup-7}}
]]

-- No Pod would be made of it, and nobody would be told but by an event.
case("a service account that is not there", function()
  shell.write(folder .. "/backup.yaml", BACKUP)
  local line = ("run -f %s/backup.yaml --session '{name}-1' --template job --start-timeout 4s"):format(folder)
  local said, code = stage.other(line)
  local account = namespace .. "/backupconfiguration-nightly-0"
  expect(said, code, 2, ("there is no ServiceAccount %s, which Job %s/stash-backup-nightly-1-0 names"):format(account, namespace),
    ("`moonstep catalog rbac -n %s --service-account backupconfiguration-nightly-0` prints this one"):format(namespace))
  suite.equal(kubectl(("-n %s get jobs -o name"):format(namespace)):find("nightly", 1, true), nil)
  sh(("%s catalog rbac -n %s --service-account backupconfiguration-nightly-0 | kubectl apply -f -"):format(shell.moonstep, namespace))
  expect_of(0, { "is created" }, stage.other(line:gsub("%-%-start%-timeout 4s", "--detach")))
  expect_of(0, { "is deleted" }, stage.other "delete stash-backup-nightly-1-0")
end)

-- The Job is taken, and it is the cluster that makes no Pod of it: only an event says so.
case("a quota of Pods", function()
  local lift = quota "pods=0"
  local said, code = moonstep("run", "podless", "--start-timeout 15s")
  lift()
  expect(said, code, 2, "error[job-not-started]: Job " .. namespace .. "/podless has not gone on for 15 s: it has no Pod (FailedCreate: ",
    "exceeded quota: none, requested: pods=1", "have the quota raised; `moonstep logs podless -n ", "`moonstep delete podless -n ")
  expect_of(0, { "is deleted" }, stage.other "delete podless")
end)

return stage.finish("what a cluster refuses", tests)
