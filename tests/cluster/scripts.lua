-- The module kube and the provider kubernetes against a real cluster: that of KUBECONFIG, as whoever its current context names, who must be
-- allowed to make namespaces and CustomResourceDefinitions. What is made is removed again.
local base64 = require "base.base64"
local load = require "engine.load"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local folder = io.popen("mktemp -d"):read "l"
local namespace = "moonstep-test-" .. folder:match "%w+$":lower()
local CRD = "appbindings.appcatalog.appscode.com"

local function sh(line)
  local out, err, status = shell.run(line)
  if status ~= 0 then error(("%s\nstatus %d\n%s%s"):format(line, status, out, err), 0) end
  return (out:gsub("\n$", ""))
end

local function kubectl(words, input)
  if not input then return sh("kubectl " .. words) end
  shell.write(folder .. "/input", input)
  return sh(("kubectl %s <%s/input"):format(words, folder))
end

local function decode(text) return load.next(load.reader(load.source(text, "text"))) end

-- --- what is made

local had_crd

local OBJECTS = [[
apiVersion: v1
kind: Secret
metadata: {name: orders-auth}
stringData: {username: stash, password: gnat-ocelot-7, spaces: " a b "}
data: {bytes: //4A}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: orders}
data: {database: orders}
binaryData: {bytes: //4A}
---
apiVersion: appcatalog.appscode.com/v1alpha1
kind: AppBinding
metadata: {name: orders}
spec: {type: postgres, secret: {name: orders-auth}, clientConfig: {service: {name: orders-db, port: 5432, scheme: postgresql}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
- {apiGroups: ["", appcatalog.appscode.com], resources: [secrets, configmaps, appbindings], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader}]
---
apiVersion: v1
kind: Secret
metadata: {name: reader-token, annotations: {kubernetes.io/service-account.name: reader}}
type: kubernetes.io/service-account-token
]]

local DEFINITION = [[
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: appbindings.appcatalog.appscode.com}
spec:
  group: appcatalog.appscode.com
  scope: Namespaced
  names: {kind: AppBinding, plural: appbindings, singular: appbinding, listKind: AppBindingList}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
]]

-- The token of the service account, which the cluster makes a moment later.
local function token_of()
  for _ = 1, 100 do
    local encoded = kubectl(("-n %s get secret reader-token -o 'jsonpath={.data.token}'"):format(namespace))
    if encoded ~= "" then return base64.decode(encoded) end
    os.execute "sleep 0.1"
  end
  error "the cluster makes no token"
end

local function make()
  had_crd = select(3, shell.run("kubectl get crd " .. CRD)) == 0
  if not had_crd then kubectl("create -f -", DEFINITION) end
  kubectl("wait --for=condition=Established crd/" .. CRD)
  kubectl("create namespace " .. namespace)
  kubectl(("-n %s create -f -"):format(namespace), OBJECTS)
end

local function remove()
  os.execute(("kubectl delete namespace %s --wait=false >/dev/null 2>&1"):format(namespace))
  if had_crd == false then os.execute(("kubectl delete crd %s --wait=false >/dev/null 2>&1"):format(CRD)) end
  os.execute("rm -rf " .. folder)
end

-- --- kubeconfigs

local current = kubectl "config current-context"

-- Writes a kubeconfig with the current cluster and another user, { context name, user in YAML }.
local function write_config(user)
  local view = decode(kubectl "config view --raw --flatten --minify -o json")
  local cluster = view.clusters[1].cluster
  shell.write(folder .. "/config", ([[
clusters: [{name: k, cluster: {server: "%s", certificate-authority-data: %s}}]
users: [{name: u, user: %s}]
contexts: [{name: reader, context: {cluster: k, user: u}}]
]]):format(cluster.server, cluster["certificate-authority-data"], user))
end

-- --- runs

local FILES = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: i, args: ["${DB_HOST}:${DB_PORT}/${DB_NAME}", "${DB_USER}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}]}
]]

local SITE = [[
scripts: [site.lua]
template: site
limits: {wall: 20s}
providers:
  kubernetes:
    context: %s
    variables:
      DB_HOST: {kind: AppBinding, name: orders, pointer: /spec/clientConfig/service/name}
      DB_PORT: {kind: AppBinding, name: orders, pointer: /spec/clientConfig/service/port}
      DB_NAME: {kind: ConfigMap, name: orders, key: database}
      DB_USER: {kind: Secret, name: "{NAME}-auth", key: username, secret: false}
      DB_PASSWORD: {kind: Secret, name: "{NAME}-auth", key: password}
      DB_SPACES: {kind: Secret, name: "{NAME}-auth", key: spaces}
      DB_BYTES: {kind: Secret, name: "{NAME}-auth", key: bytes, base64: true}
]]

local TEMPLATE = [[
template "site" { summary = "s", render = function(ctx)
  local args = table.concat(ctx:containers()[1].args, " ")
  return { apiVersion = "v1", kind = "Secret", metadata = { name = "x", annotations = { args = args } },
    stringData = { password = ctx:variable "DB_PASSWORD", spaces = ctx:variable "DB_SPACES" }, data = { bytes = ctx:variable "DB_BYTES" } }
end }
]]

-- What is rendered, as an object, or nil and what was said.
local function render(context, options)
  shell.write(folder .. "/moonstep.yaml", SITE:format(context))
  shell.write(folder .. "/site.lua", TEMPLATE)
  shell.write(folder .. "/task.yaml", FILES)
  local out, err, status = shell.run(("cd %s && %s render -f task.yaml --task t -n %s --set NAME=orders -o json %s"):format(folder,
    shell.moonstep, namespace, options or ""))
  if status ~= 0 then return nil, err end
  return decode(out), err
end

local function expect_all(context, options)
  local made, why = render(context, options)
  assert(made, why)
  suite.equal(made.metadata.annotations.args, "orders-db:5432/orders stash")
  suite.equal(made.stringData, { password = "gnat-ocelot-7", spaces = " a b " })
  suite.equal(made.data, { bytes = "//4A" })
end

-- The lines that `moonstep lua` prints for a line of Lua.
local function lua(line, options)
  local out, err = shell.run(("%s lua --grant kube=%s %s"):format(shell.moonstep, shell.quote(current), options or ""), line .. "\n")
  return out .. err
end

local KINDS = { { "v1", "Pod", "pods" }, { "v1", "Namespace", "namespaces" }, { "v1", "Secret", "secrets" },
  { "rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles" }, { "apps/v1", "Deployment", "deployments" },
  { "apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd" },
  { "apiregistration.k8s.io/v1", "APIService", "apiservices" }, { "v1", "ConfigMap", "configmaps" } }

local tests = {
  { "as the current context names", function() expect_all(current) end },
  { "recorded and replayed", function()
    expect_all(current, "--record recorded")
    local made = assert(render(current, "--replay recorded --kubeconfig /nowhere"))
    suite.equal(made.metadata.annotations.args, "orders-db:5432/orders stash")
    suite.equal(made.stringData.password, "***")
    suite.equal(sh(("grep -rlE 'gnat|Z25hdC' %s/recorded; true"):format(folder)), "")
  end },
  { "with a token", function()
    write_config(("{token: %s}"):format(token_of()))
    expect_all("reader", "--kubeconfig config")
  end },
  { "with a token file", function()
    shell.write(folder .. "/token", token_of() .. "\n")
    write_config "{tokenFile: token}"
    expect_all("reader", "--kubeconfig config")
  end },
  { "with a command", function()
    shell.write(folder .. "/plugin.sh", ([[#!/bin/sh
echo "$1" >>%s/runs
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "%s"}}'
]]):format(folder, token_of()))
    sh(("chmod +x %s/plugin.sh"):format(folder))
    write_config "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./plugin.sh, args: [once]}}"
    expect_all("reader", "--kubeconfig config")
    suite.equal(shell.read(folder .. "/runs"), "once\n")
  end },
  { "on behalf of nobody", function()
    local _, why = render(current, "--kubeconfig /nowhere")
    suite.equal(why:find("cannot read /nowhere", 1, true) ~= nil, true, why)
    write_config "{}"
    _, why = render("reader", "--kubeconfig config")
    suite.equal(why:find("error[kube]: context reader: ", 1, true) and why:find("40[13]") ~= nil, true, why)
  end },
  { "with a wrong token", function()
    write_config "{token: not-a-token}"
    local _, why = render("reader", "--kubeconfig config")
    suite.equal(why:find("the cluster does not know who asks (401 Unauthorized)", 1, true) ~= nil, true, why)
    suite.equal(why:find("not-a-token", 1, true), nil)
  end },
  { "without rights", function()
    write_config(("{token: %s}"):format(token_of()))
    local said = lua('kube.get { context = "reader", apiVersion = "v1", kind = "Secret", namespace = "kube-system", name = "x" }',
      ("--grant kube=reader --kubeconfig %s/config"):format(folder))
    suite.equal(said:find('403 Forbidden: secrets "x" is forbidden: User "system:serviceaccount:', 1, true) ~= nil, true, said)
  end },
  { "the wrong authority", function()
    sh(("kubectl config view --raw --flatten --minify >%s/config && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
      .. "-keyout /dev/null -out %s/other.pem -subj /CN=other -days 1 2>/dev/null"):format(folder, folder))
    sh(("kubectl --kubeconfig %s/config config set-cluster $(kubectl --kubeconfig %s/config config view -o 'jsonpath={.clusters[0].name}') "
      .. "--certificate-authority %s/other.pem --embed-certs"):format(folder, folder, folder))
    local _, why = render(current, "--kubeconfig config")
    suite.equal(why:find("no TLS connection that can be trusted", 1, true) ~= nil, true, why)
  end },
}

for _, kind in ipairs(KINDS) do
  tests[#tests + 1] = { "list of " .. kind[3], function()
    local line = ('local names = {} for _, o in ipairs(kube.list { apiVersion = %q, kind = %q, keys = {} }) do names[#names + 1] = '
      .. '(o.metadata.namespace or "") .. "/" .. o.metadata.name end print(table.concat(names, " "))'):format(kind[1], kind[2])
    local want = {}
    for _, object in ipairs(decode(kubectl(("get %s -A -o json"):format(kind[3]))).items) do
      want[#want + 1] = (object.metadata.namespace or "") .. "/" .. object.metadata.name
    end
    suite.equal(lua(line), table.concat(want, " ") .. "\n")
  end }
end

local ok, result = pcall(function()
  make()
  return suite.run("cluster", tests)
end)
remove()
if not ok then print(("not ok cluster: %s"):format(result)) end
return ok and result
