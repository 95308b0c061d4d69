-- The objects of a cluster, on a cluster alone: a namespace of the test's own is backed up, deleted, brought back and compared, object by
-- object and field by field, but for what the API server and controllers write themselves.
local json = require "kube.json"
local shell = dofile "tests/lib/shell.lua"
local Site = dofile "tests/e2e/site.lua"

local NAMESPACE = "moonstep-e2e-objects"

-- What there is in a namespace that somebody uses. Texts and names are awkward ones.
local OBJECTS = [[
apiVersion: v1
kind: Namespace
metadata: {name: moonstep-e2e-objects, labels: {owner: team.x}, annotations: {note: "é \" ' $(id) ${x}"}}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: moonstep-e2e-objects}
data: {password: cydlImMgJHJAdC86IwA=}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: clerk, namespace: moonstep-e2e-objects}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: clerk, namespace: moonstep-e2e-objects}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: clerk, namespace: moonstep-e2e-objects}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: clerk}
subjects: [{kind: ServiceAccount, name: clerk, namespace: moonstep-e2e-objects}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: moonstep-e2e-objects}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: moonstep-e2e-objects}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nowhere.example/web:1", env: [{name: A, value: "$(B) é\n"}], resources: {limits: {memory: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: moonstep-e2e-objects}
spec:
  replicas: 0
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "nowhere.example/db:1"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: moonstep-e2e-objects}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: nightly, namespace: moonstep-e2e-objects}
spec: {schedule: "@daily", paused: true, task: {name: t, params: [{name: a, value: "yes"}]}, repository: {name: r}}
]]

local COUNT = 40 -- ConfigMaps

local CONFIG = [[
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config-%d, namespace: moonstep-e2e-objects, labels: {number: "%d"}}
data: {"a.b_c-%d": "one\n\ttwo  \n'\"\\ é $(id) %d\n", empty: ""}
binaryData: {bytes: AAEC/f7/}
]]

-- Kinds that are looked at, with those that Kubernetes itself puts into each namespace.
local KINDS = "configmaps secrets serviceaccounts roles rolebindings services deployments statefulsets networkpolicies "
  .. "backupconfigurations.stash.appscode.com persistentvolumeclaims cronjobs"

local OWN = { "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields" }

local function kubectl(words) return Site.command("%s", "kubectl " .. words) end

-- What somebody said of an object.
local function plain(object)
  for _, field in ipairs(OWN) do object.metadata[field] = nil end
  local annotations = object.metadata.annotations
  if annotations then annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil end
  if annotations and not next(annotations) then object.metadata.annotations = nil end
  if object.kind == "ServiceAccount" then object.secrets = nil end -- tokens, which are made anew
  object.status = nil
  return object
end

local function remove() shell.run("kubectl delete namespace --ignore-not-found " .. NAMESPACE) end

return {
  name = "kubedump", only = "cluster", image = "alpine/k8s:1.32.0", rights = "kubedump-backup kubedump-restore",
  params = function() return { namespaces = NAMESPACE } end,

  fill = function()
    remove()
    local texts = { OBJECTS }
    for n = 1, COUNT do texts[n + 1] = CONFIG:format(n, n, n, n) end
    local _, err, status = shell.run("kubectl apply -f -", table.concat(texts))
    assert(status == 0, err)
    Site.await("the account's token", function() return kubectl("-n " .. NAMESPACE .. " get secrets -o name"):find "clerk%-token" end)
  end,
  state = function()
    local found, count = { namespace = plain(json.decode(kubectl("get namespace -o json " .. NAMESPACE))) }, 0
    for kind in KINDS:gmatch "%S+" do
      for _, object in ipairs(json.decode(kubectl(("-n %s get %s -o json"):format(NAMESPACE, kind))).items) do
        local is_token = object.type == "kubernetes.io/service-account-token"
        if not is_token and not object.metadata.ownerReferences then
          found[kind .. " " .. object.metadata.name] = plain(object)
          count = count + 1
        end
      end
    end
    assert(count >= COUNT + 9, count)
    return found
  end,
  destroy = remove,
  close = remove,
}
