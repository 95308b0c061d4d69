-- Repositories and the backends of blueprints.

local function repository(backend, more)
  return ([[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: vault, namespace: demo}
spec:
  backend: %s
]]):format(backend) .. (more or "")
end

local function check(name, input, expect, options) test(name) { options = options, input = input, expect = expect } end

for _, backend in ipairs { "s3: {bucket: b, endpoint: s3.example.com}", "gcs: {bucket: b}", "azure: {container: c}",
  "swift: {container: c}",
  "b2: {bucket: b}", "rest: {url: 'https://rest.example.com/a'}", "local: {mountPath: /safe, persistentVolumeClaim: {claimName: safe}}",
  "local: {mountPath: /safe, nfs: {server: nfs.example.com, path: /safe}}" } do
  check("a backend that is whole: " .. backend, repository("{storageSecretName: key, " .. backend .. "}"), {})
end
check("no backend", repository "{storageSecretName: key}", { "backup/backend @ spec.backend" })
check("two backends", repository "{storageSecretName: key, s3: {bucket: b}, gcs: {bucket: b}}", { "backup/backend @ spec.backend.gcs" })
for _, case in ipairs { { "s3", "bucket" }, { "azure", "container" }, { "rest", "url" } } do
  check("a backend without " .. case[2], repository(("{storageSecretName: key, %s: {}}"):format(case[1])),
    { ("backup/backend @ spec.backend.%s.%s"):format(case[1], case[2]) })
end
check("a backend without Secret", repository "{s3: {bucket: b}}", { "backup/backend-secret @ spec.backend.storageSecretName" })

check("a backend that is gone with the Pod", repository "{storageSecretName: key, local: {mountPath: /safe, emptyDir: {}}}",
  { "backup/local-persistent @ spec.backend.local.emptyDir" })
check("a local backend without volume", repository "{storageSecretName: key, local: {mountPath: /safe, subPath: a}}",
  { "backup/local-persistent @ spec.backend.local" })
check("a local backend on a node", repository "{storageSecretName: key, local: {mountPath: /safe, hostPath: {path: /safe}}}",
  { "backup/local-host-path @ spec.backend.local.hostPath" })

check("a certificate that is not checked", repository "{storageSecretName: key, s3: {bucket: b, insecureTLS: true}}",
  { "backup/backend-tls @ spec.backend.s3.insecureTLS" })
check("an S3 without TLS", repository "{storageSecretName: key, s3: {bucket: b, endpoint: 'http://s3.example.com'}}",
  { "backup/backend-tls @ spec.backend.s3.endpoint" })
check("a REST server without TLS", repository "{storageSecretName: key, rest: {url: 'http://rest.example.com'}}",
  { "backup/backend-tls @ spec.backend.rest.url" })

-- --- blueprints

local function blueprint(backend)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: BackupBlueprint
metadata: {name: databases}
spec:
  timeOut: 2h
  backend: %s
  retentionPolicy: {name: few, keepLast: 5, prune: true}
]]):format(backend)
end
check("a blueprint with a place for each target",
  blueprint "{storageSecretName: key, s3: {bucket: b, prefix: '${TARGET_NAMESPACE}/${TARGET_NAME}'}}", {})
check("a blueprint with one place for all", blueprint "{storageSecretName: key, s3: {bucket: b, prefix: 'all/${TARGET_NAMESPACE}'}}",
  { "backup/blueprint-prefix @ spec.backend.s3.prefix" })
check("a blueprint without prefix", blueprint "{storageSecretName: key, gcs: {bucket: b}}",
  { "backup/blueprint-prefix @ spec.backend.gcs.prefix" })
check("a blueprint on a volume", blueprint "{storageSecretName: key, local: {mountPath: /safe, nfs: {server: nfs.example.com, path: /}}}",
  { "backup/blueprint-prefix @ spec.backend.local.subPath" })
check("a blueprint on a volume with folders",
  blueprint "{storageSecretName: key, local: {mountPath: /s, subPath: '${TARGET_NAME}', nfs: {server: nfs.example.com, path: /}}}", {})
check("a blueprint on a REST server has no prefix", blueprint "{storageSecretName: key, rest: {url: 'https://rest.example.com'}}", {})

-- --- several Repositories, and who uses them

local function named(name, namespace, backend, more)
  return (repository(backend, more):gsub("vault", name, 1):gsub("demo", namespace, 1)) .. "---\n"
end

local function user(name, namespace, repository_name, of_namespace)
  return ([[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: %s, namespace: %s}
spec:
  schedule: "0 3 * * *"
  timeOut: 2h
  repository: {name: %s, namespace: %s}
  task: {name: pg}
  target: {ref: {apiVersion: v1, kind: Service, name: db}}
  retentionPolicy: {name: few, keepLast: 5, prune: true}
---
]]):format(name, namespace, repository_name, of_namespace or namespace)
end

local TASKS = { ["backup.elsewhere"] = "Task/*" }
local PLACE, OTHER = "{storageSecretName: key, s3: {bucket: b, prefix: /p/}}", "{storageSecretName: key, s3: {bucket: b, prefix: q}}"
local SAME = "{storageSecretName: other, s3: {bucket: b, prefix: p}}"

check("two Repositories with a place each", named("a", "west", PLACE) .. named("b", "east", OTHER) .. user("c", "west", "a") .. user("d",
  "east", "b"), {}, TASKS)
check("two Repositories at one place", named("a", "west", PLACE) .. named("b", "east", SAME) .. user("c", "west", "a") .. user("d",
  "east", "b"),
  { "backup/repository-shared @ Repository/b spec.backend.s3: Repository west/a" }, TASKS)
check("a Repository that is only restored from", named("a", "west", PLACE) .. named("b", "east", SAME) .. user("c", "west", "a"), {}, TASKS)
check("volumes of one path are not one place", named("a", "west",
  "{storageSecretName: k, local: {mountPath: /s, persistentVolumeClaim: {claimName: s}}}") ..
  named("b", "east", "{storageSecretName: k, local: {mountPath: /s, persistentVolumeClaim: {claimName: s}}}") .. user("c", "west", "a") ..
    user("d", "east", "b"), {}, TASKS)

local function allows(policy) return ("  usagePolicy: {allowedNamespaces: {%s}}\n"):format(policy) end
local function labelled(labels) return ("apiVersion: v1\nkind: Namespace\nmetadata: {name: east, labels: {%s}}\n---\n"):format(labels) end
local REFUSED = { "backup/usage @ BackupConfiguration/c spec.repository.namespace: Repository west/a may not be used from namespace east" }
local SELECTED = allows('from: Selector, selector: {matchLabels: {team: db}, ' ..
  'matchExpressions: [{key: tier, operator: In, values: [gold, silver]}]}')

check("a Repository of the same namespace", named("a", "west", PLACE) .. user("c", "west", "a"), {}, TASKS)
check("a Repository is for its own namespace", named("a", "west", PLACE) .. user("c", "east", "a", "west"), REFUSED, TASKS)
check("a Repository that says so", named("a", "west", PLACE, allows "from: Same") .. user("c", "east", "a", "west"), REFUSED, TASKS)
check("a Repository for all", named("a", "west", PLACE, allows "from: All") .. user("c", "east", "a", "west"), {}, TASKS)
check("a Repository for namespaces that are not given", named("a", "west", PLACE, SELECTED) .. user("c", "east", "a", "west"), {}, TASKS)
check("a namespace with the labels", named("a", "west", PLACE, SELECTED) .. labelled "team: db, tier: gold" .. user("c", "east", "a",
  "west"), {}, TASKS)
check("a namespace with another label", named("a", "west", PLACE, SELECTED) .. labelled "team: web, tier: gold" .. user("c", "east", "a",
  "west"), REFUSED, TASKS)
for _, case in ipairs { { "In, values: [gold]", false }, { "NotIn, values: [gold]", true }, { "NotIn, values: [lead]", false },
  { "Exists", true }, { "DoesNotExist", false } } do
  local selector = ("from: Selector, selector: {matchExpressions: [{key: tier, operator: %s}]}"):format(case[1])
  check("a namespace of tier lead, which is to be " .. case[1], named("a", "west", PLACE, allows(selector)) .. labelled "tier: lead" ..
    user("c", "east", "a", "west"), case[2] and {} or REFUSED, TASKS)
end
