-- Changes that the corpus makes to single fields, on both sides of each limit: { base, path, value … }, values as text in YAML, "-" for
-- none; and changes that only together mean something: { base, { [path] = value … } }.
local function long(count, ending) return ("a"):rep(count - #(ending or "")) .. (ending or "") end

local POD = "spec.template.spec."
local MAIN = POD .. "containers[0]."
local INIT = POD .. "initContainers[0]."

local LABEL_KEYS = { "a", "A_b.c", "-a", "a-", "example.com/a", "example.com/", "/a", "a/b/c", "Example.com/a", "'a b'", long(63), long(64),
  long(253) .. "/a", long(254) .. "/a", "''" }
local LABEL_VALUES = { "''", "A_b.c", "-a", "a-", "a/b", "'a b'", long(63), long(64), "'1'" }
local LABELS = { "''", "a", "a-b", "-a", "a-", "a.b", "A", "a_b", "'0'", long(63), long(64) }
local SUBDOMAINS = { "a.b", "a..b", "a.-b", ".a", "a.", "A.b", "a_b", "a/b", long(64), long(253), long(254) }
local PORTS = { "-1", "0", "1", "65535", "65536", "'80'", "2147483648", "80.5" }
local PORT_NAMES = { "http", "'80'", "a-b", "a--b", "-a", "a-", "A", "a_b", "'1a'", long(15), long(16), "''" }
local QUANTITIES = { "1", "0", "-1", "'1'", "'-1'", "1.5", "'1.5'", "0.0001", "1n", "1u", "1m", "1k", "1K", "1M", "1G", "1T", "1P", "1E",
  "1Ki", "1Mi", "1Gi",
  "1Ti", "1Pi", "1Ei", "1ki", "1mi", "1KiB", "1GB", "1B", "1 Gi", "' 1'", "'1e3'", "'1E3'", "'1e-3'", "'1e'", "'1e+2'", "'.5'", "'5.'",
    "'.'", "'+1'", "''",
  "abc", "'0x10'", "1_000", "'1,5'", "true", "[1]", "9223372036854775808", "'1e30'", "'1.5.5'", "'--1'", "'1Gi '" }
local TEXTS_BELOW = { "a", "a/b", "/a", "..", "../a", "a/..", "a/../b", "..a", "a..b", "a/..b", ".", "./a", "''" }
local KEYS = { "a", "a.b", "A_b-c", ".a", "..", "..a", ".", "a/b", "'a b'", long(253), long(254), "''", "a:b" }
local ENV = { "a", "A_B", "a.b", "a-b", "_a", "'1a'", "a=b", "'a b'", ".", "..", "..a", "'-a'", "ä", "'a:b'", "''" }
local IDS = { "-1", "0", "2147483647", "2147483648", "'0'" }
local COUNTS = { "-1", "0", "1", "2147483647", "2147483648", "9223372036854775807", "'1'", "1.0", "1.5", "true", "null" }

local rows = {}
local function row(base, at, values)
  local new = { base, at }
  table.move(values, 1, #values, 3, new)
  rows[#rows + 1] = new
end
local function together(base, changes) rows[#rows + 1] = { base, changes } end

-- A map with each of the keys.
local function keyed(keys, v)
  local maps = {}
  for i, key in ipairs(keys) do maps[i] = ("{%s: %s}"):format(key, v or "x") end
  return maps
end

-- --- metadata

for _, base in ipairs { "job", "cron", "manual" } do
  row(base, "metadata.name", SUBDOMAINS)
  row(base, "metadata.name", { long(52), long(53), long(63), "''", "a", "'0'", "a-", "-", "a.b.c", "-" })
end
row("pod", "metadata.name", SUBDOMAINS)
for _, base in ipairs { "claim", "secret", "configmap", "account", "role", "binding", "space" } do
  row(base, "metadata.name", SUBDOMAINS)
  row(base, "metadata.name", { "a%b", "..", ".", "A", "''" })
end
for _, base in ipairs { "job", "cron", "pod", "role", "space" } do
  for _, name in ipairs { "a", "a-", "a.", "-", "A", long(57) .. "-", long(64), long(253) .. "-", "a_" } do
    together(base, { ["metadata.name"] = "''", ["metadata.generateName"] = name })
  end
end
for _, at in ipairs { "metadata.", "spec.template.metadata." } do
  row("job", at .. "labels", keyed(LABEL_KEYS))
  row("job", at .. "annotations", keyed(LABEL_KEYS))
  row("job", at .. "labels.app", LABEL_VALUES)
  row("job", at .. "annotations.app", LABEL_VALUES)
end
row("cron", "spec.jobTemplate.metadata.labels", keyed { "a", "-a", long(64) })
row("cron", "spec.jobTemplate.metadata.labels.app", { "a", "-a", long(64) })
row("cron", "spec.jobTemplate.spec.template.metadata.labels.app", LABEL_VALUES)
row("pod", "metadata.labels.app", LABEL_VALUES)
row("job", "metadata.annotations", { "{a: " .. long(262143) .. "}", "{a: " .. long(262144) .. "}", "{a: 1}", "{a: true}", "{a: null}",
  "{a: [b]}" })
row("job", "metadata.labels", { "{a: 1}", "{a: true}", "{a: null}", "null", "{}", "{a: {b: c}}" })
row("job", "metadata.finalizers", { "[kubernetes]", "[orphan]", "[foregroundDeletion]", "[orphan, foregroundDeletion]", "[a]",
  "[example.com/a]",
  "[example.com/]", "[/a]", "[A.b/c]", "[a b]", "['']", "[example.com/" .. long(64) .. "]" })
row("job", "metadata.ownerReferences[0].apiVersion", { "v1", "a/b/c", "/", "a/", "/v1", "apps/v1", "''" })
row("job", "metadata.ownerReferences[0].controller", { "true", "false", "null" })
together("job", { ["metadata.ownerReferences[0].apiVersion"] = "v1", ["metadata.ownerReferences[0].kind"] = "Event" })
together("job", { ["metadata.ownerReferences[1]"] = "{apiVersion: v1, kind: Pod, name: a, uid: b, controller: true}" })
together("job", { ["metadata.ownerReferences[1]"] = "{apiVersion: v1, kind: Pod, name: a, uid: b, controller: false}" })
row("job", "metadata.namespace", { "Judge", "judge_", "a.b", "''", long(64) })
row("job", "metadata.creationTimestamp", { "null", "'2027-01-31T12:00:00Z'", "'2027-01-31T12:00:00+02:00'", "'2027-01-31T12:00:00.5Z'",
  "yesterday", "2027", "''",
  "'2027-01-31'", "'2027-01-31 12:00:00Z'" })
row("job", "apiVersion", { "batch/v2", "v1", "apps/v1", "Batch/v1", "batch/V1" })
row("pod", "apiVersion", { "v2", "core/v1", "V1" })

-- --- Jobs

for _, field in ipairs { "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit" } do
  row("job", "spec." .. field, COUNTS)
  row("cron", "spec.jobTemplate.spec." .. field, { "-1", "0", "1", "x" })
end
row("job", "spec.manualSelector", { "true", "false", "null", "'true'" })
row("job", "spec.selector", { "{}", "{matchLabels: {}}", "{matchLabels: {app: backup}}", "{matchExpressions: []}", "{matchLabels: null}",
  "{matchExpressions: [{key: app, operator: Exists}]}", "null", "{matchLabel: {app: backup}}" })
together("job", { ["spec.selector"] = "{matchLabels: {app: backup}}", ["spec.manualSelector"] = "true" })
together("job", { ["spec.selector"] = "{matchLabels: {app: other}}", ["spec.manualSelector"] = "true" })
together("job", { ["spec.selector"] = "{}", ["spec.manualSelector"] = "true" })
together("job", { ["metadata.name"] = long(64), ["spec.manualSelector"] = "true", ["spec.selector"] = "{matchLabels: {app: backup}}" })
row("manual", "spec.selector.matchLabels", { "{app: other}", "{gone: a}", "{}", "{app: backup, tier: db}", "{-a: b}", "{app: -a}" })
row("manual", "spec.selector.matchExpressions", { "[{key: tier, operator: NotIn, values: [db]}]",
  "[{key: tier, operator: NotIn, values: [web]}]",
  "[{key: tier, operator: In, values: [web]}]", "[{key: tier, operator: In}]", "[{key: tier, operator: In, values: []}]",
    "[{key: tier, operator: Exists}]",
  "[{key: tier, operator: Exists, values: [a]}]", "[{key: other, operator: Exists}]", "[{key: tier, operator: DoesNotExist}]",
  "[{key: other, operator: DoesNotExist}]", "[{key: other, operator: NotIn, values: [a]}]", "[{key: tier, operator: exists}]",
    "[{key: -a, operator: Exists}]",
  "[{operator: Exists}]", "[{key: tier}]", "[{key: tier, operator: Gt, values: ['1']}]" })
row("cron", "spec.jobTemplate.spec.manualSelector", { "true", "false", "null" })
row("cron", "spec.jobTemplate.spec.selector", { "{}", "{matchLabels: {app: backup}}", "null" })
for _, name in ipairs { "job", "other", "''" } do
  row("job", "spec.template.metadata.labels.job-name", { name })
  row("job", "spec.template.metadata.labels.controller-uid", { name })
end
row("manual", "spec.template.metadata.labels.job-name", { "other" })
row("manual", "spec.template.metadata.labels.controller-uid", { "other" })
for _, base in ipairs { "job", "manual" } do row(base, POD .. "restartPolicy", { "Always", "OnFailure", "Never", "never", "''", "null",
  "-" }) end
row("cron", "spec.jobTemplate.spec.template.spec.restartPolicy", { "Always", "OnFailure", "Never", "never", "''", "-" })
row("pod", "spec.restartPolicy", { "Always", "OnFailure", "Never", "never", "''", "-" })
row("job", "spec.template.metadata.name", { "a", "A_b" })

-- --- CronJobs

row("cron", "spec.schedule", { "'* * * * *'", "'0 0 1 1 0'", "'59 23 31 12 6'", "'60 * * * *'", "'* 24 * * *'", "'* * 0 * *'",
  "'* * 32 * *'", "'* * * 0 *'",
  "'* * * 13 *'", "'* * * * 7'", "'* * * * 8'", "'* * * *'", "'* * * * * *'", "'*/5 * * * *'", "'*/0 * * * *'", "'*/100 * * * *'",
    "'5/10 * * * *'",
  "'1-5 * * * *'", "'5-1 * * * *'", "'1-5/2 * * * *'", "'1,2,3 * * * *'", "'1,,2 * * * *'", "', * * * *'", "'a * * * *'",
    "'* * * JAN MON'", "'* * * jan-dec sun-sat'",
  "'* * * foo *'", "'* * * * foo'", "'MON * * * *'", "'? ? ? ? ?'", "'*-5 * * * *'", "'-5 * * * *'", "'1- * * * *'", "'1-2-3 * * * *'",
    "'1/2/3 * * * *'",
  "'*/a * * * *'", "'*/ * * * *'", "'/5 * * * *'", "'1.5 * * * *'", "'01 08 09 * *'", "'+1 * * * *'", "'  0   0 * * * '", "'0\t0 * * *'",
    "'@hourly'", "'@daily'",
  "'@weekly'", "'@monthly'", "'@yearly'", "'@annually'", "'@midnight'", "'@reboot'", "'@Hourly'", "'@every 1h'", "'@every 1h30m'",
    "'@every 5'", "'@every x'", "'@every'",
  "'@every -1h'", "'@every 1.5h'", "'@every 0'", "'@every 1h 30m'", "''", "5", "'0 0 30 2 *'", "'0 0 L * *'", "'0 0 * * 1#2'",
    "'H * * * *'", "'* * * * mon-fri'", "'* * * * fri-mon'",
  "'* * * * sat-0'", "'99999999999999999999 * * * *'", "' @daily'", "'@daily '" })
for _, field in ipairs { "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit" } do row("cron", "spec."
  .. field, COUNTS) end
row("cron", "spec.concurrencyPolicy", { "Allow", "Forbid", "Replace", "allow", "''", "null" })
row("cron", "spec.suspend", { "true", "false", "null", "'true'", "1" })

-- --- containers

row("containers", MAIN .. "name", LABELS)
row("containers", INIT .. "name", { "main", "second", "other" })
row("containers", POD .. "containers[1].name", { "main", "first", "other" })
row("containers", MAIN .. "image", { "''", "' a'", "'a '", "a b", "A", "-" })
row("pod", "spec.containers[0].image", { "' a'", "'a '", "''", "a b" })
row("containers", MAIN .. "imagePullPolicy", { "Always", "Never", "always", "''", "null" })
row("containers", MAIN .. "terminationMessagePolicy", { "FallbackToLogsOnError", "file", "''", "null" })
row("containers", MAIN .. "ports[0].containerPort", PORTS)
row("containers", MAIN .. "ports[0].hostPort", PORTS)
row("containers", MAIN .. "ports[0].name", PORT_NAMES)
row("containers", MAIN .. "ports[1].name", { "http", "dns", "''", "''" })
row("containers", MAIN .. "ports[0].protocol", { "UDP", "SCTP", "tcp", "''" })
row("containers", MAIN .. "ports[0].hostIP", { "x", "''", "'::1'" })
row("containers", MAIN .. "ports[1].containerPort", { "8080" })
row("containers", MAIN .. "ports[1].hostPort", { "18080" })
together("containers", { [MAIN .. "ports[1].hostPort"] = "18080", [MAIN .. "ports[1].protocol"] = "TCP", [MAIN
  .. "ports[1].hostIP"] = "127.0.0.1" })
together("containers", { [MAIN .. "ports[1].hostPort"] = "18080", [MAIN .. "ports[1].protocol"] = "TCP", [MAIN
  .. "ports[1].hostIP"] = "127.0.0.2" })
together("containers", { [POD .. "containers[1].ports[0].hostPort"] = "18080", [POD .. "containers[1].ports[0].hostIP"] = "127.0.0.1" })
together("containers", { [INIT .. "ports[0].hostPort"] = "18080", [INIT .. "ports[0].hostIP"] = "127.0.0.1" })
together("containers", { [INIT .. "ports[0].hostPort"] = "18080", [INIT .. "ports[1]"] = "{containerPort: 1, hostPort: 18080}" })
for _, field in ipairs { "lifecycle: {preStop: {exec: {command: [a]}}}", "livenessProbe: {exec: {command: [a]}}",
  "readinessProbe: {exec: {command: [a]}}",
  "startupProbe: {exec: {command: [a]}}" } do
  local name, text = field:match "^(%w+): (.*)$"
  row("containers", INIT .. name, { text, "null" })
end
row("containers", POD .. "containers", { "[]", "null", "[null]", "{}", "[{}]", "[{name: a}]", "[a]" })
row("containers", POD .. "initContainers", { "[]", "null" })
row("containers", MAIN .. "command", { "[1]", "[true]", "[null]", "a", "[a, [b]]", "[]", "['']" })
row("job", POD .. "ephemeralContainers", { "[]", "null" })

-- --- resources

for _, name in ipairs { "cpu", "memory" } do
  row("containers", MAIN .. "resources.limits." .. name, QUANTITIES)
  row("containers", MAIN .. "resources.requests." .. name, { "1", "2", "3", "'2'", "2000m", "2001m", "3000m", "1Gi", "2Gi", "1025Mi",
    "1024Mi", "1e3", "0", "-1" })
end
row("containers", MAIN .. "resources.limits.ephemeral-storage", { "1Gi", "1Mi", "-1", "0" })
local NAMED = { "storage", "pods", "foo", "example.com/foo", "kubernetes.io/foo", "requests.example.com/foo", "hugepages-2Mi", "'-a'",
  "Example.com/a", "a/b/c", "requests.cpu",
  "foo.kubernetes.io/bar", "attachable-volumes-a", "''", "CPU" }
row("containers", MAIN .. "resources.limits", keyed(NAMED, "1"))
row("containers", MAIN .. "resources.requests", keyed(NAMED, "1"))
row("containers", MAIN .. "resources", { "{}", "null", "{limits: {}}", "{requests: {cpu: 1}}", "{limits: {cpu: 1}}",
  "{requests: {example.com/a: 1}}", "{limits: {example.com/a: 1}}",
  "{limits: {example.com/a: 2}, requests: {example.com/a: 1}}", "{limits: {example.com/a: 1}, requests: {example.com/a: 2}}",
    "{limits: {example.com/a: 1.5}}", "{limits: {example.com/a: '1'}}",
  "{limits: {example.com/a: 1500m}}", "{limits: {example.com/a: 2000m}}", "{limits: {hugepages-2Mi: 2Mi}}",
    "{limits: {hugepages-2Mi: 2Mi, cpu: 1}}", "{limits: {hugepages-2Mi: 2Mi, memory: 1Gi}, requests: {hugepages-2Mi: 2Mi}}",
  "{limits: {hugepages-2Mi: 4Mi, memory: 1Gi}, requests: {hugepages-2Mi: 2Mi}}", "{requests: {hugepages-2Mi: 2Mi, memory: 1Gi}}",
    "{requests: {cpu: 2}, limits: {cpu: 1}}", "{requests: {cpu: 1}, limits: {cpu: 1}}",
  "{requests: {cpu: 1.001}, limits: {cpu: 1}}", "{requests: {cpu: 0.1}, limits: {cpu: 100m}}",
    "{requests: {memory: 1Gi}, limits: {memory: 1G}}", "{requests: {memory: 1G}, limits: {memory: 1Gi}}",
  "{requests: {memory: 1e9}, limits: {memory: 1G}}", "{limits: {hugepages-2Mi: 3Mi, cpu: 1}}", "{limits: {hugepages-: 2Mi, cpu: 1}}",
    "{limits: {hugepages-x: 2Mi, cpu: 1}}", "{requests: {cpu: null}}", "{limits: {cpu: 0}, requests: {cpu: 1}}",
  "{request: {cpu: 1}}", "{limits: [cpu]}", "{requests: {memory: 400m}}" })

-- --- environment

row("environment", MAIN .. "env[0].name", ENV)
row("environment", MAIN .. "envFrom[0].prefix", ENV)
row("environment", MAIN .. "env[0].value", { "1", "true", "null", "''", "[a]", "1.5" })
row("environment", MAIN .. "env[0].valueFrom", { "{}", "null", "{fieldRef: {fieldPath: metadata.name}}" })
together("environment", { [MAIN .. "env[0].valueFrom"] = "{fieldRef: {fieldPath: metadata.name}}", [MAIN .. "env[0].value"] = "''" })
row("environment", MAIN .. "env[1].name", { "PLAIN" })
row("environment", MAIN .. "env[1].valueFrom.fieldRef.fieldPath", { "metadata.name", "metadata.namespace", "metadata.uid",
  "metadata.labels", "metadata.annotations", "spec.nodeName", "spec.serviceAccountName",
  "status.hostIP", "status.podIP", "status.podIPs", "spec.restartPolicy", "metadata", "metadata.labels['a']",
    "metadata.annotations['example.com/a']", "metadata.labels['']", "metadata.labels['-a']", "metadata.labels[a]",
  "metadata.labels[\"a\"]", "metadata.name['a']", "Metadata.name", "status.phase", "''", "metadata.annotations['A.b/c']" })
row("environment", MAIN .. "env[1].valueFrom.fieldRef.apiVersion", { "v1", "v2", "''", "-" })
row("environment", MAIN .. "env[1].valueFrom.secretKeyRef", { "{name: a, key: b}", "{}" })
row("environment", MAIN .. "env[2].valueFrom.resourceFieldRef.resource", { "limits.cpu", "limits.memory", "requests.cpu",
  "requests.memory", "limits.ephemeral-storage", "requests.ephemeral-storage", "limits.foo", "cpu", "limits", "limits.pods" })
row("environment", MAIN .. "env[2].valueFrom.resourceFieldRef.divisor", { "0", "1", "1m", "1Mi", "2", "'1'", "-1", "1k", "x", "1000m" })
for _, divisor in ipairs { "1", "1k", "1M", "1Gi", "1Ei", "1m", "2", "1024", "1000", "0" } do
  together("environment", { [MAIN .. "env[2].valueFrom.resourceFieldRef.resource"] = "limits.memory", [MAIN
    .. "env[2].valueFrom.resourceFieldRef.divisor"] = divisor })
end
row("environment", MAIN .. "env[3].valueFrom.configMapKeyRef.key", KEYS)
row("environment", MAIN .. "env[4].valueFrom.secretKeyRef.key", KEYS)
row("environment", MAIN .. "env[4].valueFrom.secretKeyRef.name", SUBDOMAINS)
row("environment", MAIN .. "envFrom[0]", { "{}", "{prefix: A}", "{configMapRef: {name: a}, secretRef: {name: b}}", "{configMapRef: {}}",
  "{secretRef: {name: ''}}" })
row("environment", MAIN .. "envFrom[1].secretRef.name", SUBDOMAINS)

-- --- probes

for _, probe in ipairs { "livenessProbe", "readinessProbe", "startupProbe" } do
  local at = MAIN .. probe .. "."
  for _, field in ipairs { "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold" } do
    row("probes", at .. field, { "-1", "0", "1", "2", "2147483648" })
  end
  row("probes", MAIN .. probe, { "{}", "null", "{exec: {command: []}}", "{exec: {}}", "{exec: {command: [a]}, tcpSocket: {port: 1}}",
    "{tcpSocket: {}}", "{httpGet: {}}", "{httpGet: {port: 80}}",
    "{httpGet: {port: 80, path: ''}}", "{httpGet: {port: 80, path: a}}", "{periodSeconds: 1}" })
end
row("probes", MAIN .. "livenessProbe.httpGet.port", PORTS)
row("probes", MAIN .. "livenessProbe.httpGet.port", PORT_NAMES)
row("probes", MAIN .. "readinessProbe.tcpSocket.port", PORTS)
row("probes", MAIN .. "readinessProbe.tcpSocket.port", PORT_NAMES)
row("probes", MAIN .. "livenessProbe.httpGet.scheme", { "HTTP", "HTTPS", "http", "''", "FTP" })
row("probes", MAIN .. "livenessProbe.httpGet.httpHeaders[0].name", { "A", "a-b", "a_b", "a b", "a:b", "''", "-a" })
for _, hook in ipairs { "postStart", "preStop" } do
  row("probes", MAIN .. "lifecycle." .. hook, { "{}", "null", "{exec: {}}", "{exec: {command: [a]}}",
    "{exec: {command: [a]}, tcpSocket: {port: 1}}", "{httpGet: {port: 0}}", "{tcpSocket: {port: a--b}}" })
end
row("probes", MAIN .. "lifecycle", { "{}", "null" })

-- --- volumes

local function volume(base, i, rest) return base, POD .. ("volumes[%d]."):format(i) .. rest end
local function files(i, rest, values) local base, at = volume("files", i, rest) row(base, at, values) end
local function disks(i, rest, values) local base, at = volume("disks", i, rest) row(base, at, values) end
local function stores(i, rest, values) local base, at = volume("stores", i, rest) row(base, at, values) end
local MODES = { "-1", "0", "511", "512", "0777", "0o1000", "'0644'", "420" }

files(0, "name", LABELS)
files(0, "emptyDir", { "{}", "null" })
files(0, "emptyDir.medium", { "''", "Memory", "memory", "HugePages", "HugePages-2Mi" })
files(0, "emptyDir.sizeLimit", QUANTITIES)
files(0, "hostPath", { "{path: /a}" })
files(1, "hostPath.path", { "/a", "a", "/a/..", "../a", "/a/../b", "/a..b", "''" })
files(1, "hostPath.type", { "''", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice", "directory", "null" })
files(2, "persistentVolumeClaim.claimName", SUBDOMAINS)
files(3, "secret.secretName", SUBDOMAINS)
files(4, "configMap.name", SUBDOMAINS)
files(3, "secret.items[0].path", TEXTS_BELOW)
files(4, "configMap.items[0].path", TEXTS_BELOW)
files(4, "configMap.items[0].key", KEYS)
files(3, "secret.items[0].key", KEYS)
files(5, "downwardAPI.items[0].path", TEXTS_BELOW)
files(6, "projected.sources[0].secret.items[0].path", TEXTS_BELOW)
files(6, "projected.sources[3].serviceAccountToken.path", TEXTS_BELOW)
for _, at in ipairs { "secret.defaultMode", "secret.items[0].mode" } do files(3, at, MODES) end
for _, at in ipairs { "configMap.defaultMode", "configMap.items[0].mode" } do files(4, at, MODES) end
for _, at in ipairs { "downwardAPI.defaultMode", "downwardAPI.items[0].mode" } do files(5, at, MODES) end
files(6, "projected.defaultMode", MODES)
files(5, "downwardAPI.items[0].fieldRef.fieldPath", { "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels",
  "metadata.annotations", "spec.nodeName", "status.podIP", "metadata.labels['a']",
  "metadata.annotations['a']", "metadata.labels['']", "x" })
files(5, "downwardAPI.items[0]", { "{path: a}", "{path: a, fieldRef: {fieldPath: metadata.name}, resourceFieldRef: {containerName: main, "
  .. "resource: limits.cpu}}",
  "{path: a, resourceFieldRef: {resource: limits.cpu}}", "{path: a, resourceFieldRef: {containerName: main, resource: limits.x}}",
    "{path: a, resourceFieldRef: {containerName: main, resource: limits.memory, divisor: 1m}}" })
files(5, "downwardAPI.items[1].path", { "labels", "cpu" })
files(6, "projected.sources[1].configMap.items[0].path", { "password", "token", "name", "other" })
files(6, "projected.sources[2].downwardAPI.items[0].path", { "password", "token", "url", "other" })
files(6, "projected.sources[3].serviceAccountToken.path", { "password", "name", "other" })
files(6, "projected.sources[3].serviceAccountToken.expirationSeconds", { "599", "600", "4294967296", "4294967297", "0", "-1" })
files(6, "projected.sources[0]", { "{}", "null", "{secret: {name: a}, configMap: {name: b}}",
  "{secret: {name: a}, serviceAccountToken: {path: b}}", "{secret: {}}", "{configMap: {}}", "{serviceAccountToken: {}}",
  "{downwardAPI: {}}" })
files(6, "projected.sources", { "[]", "null" })
files(0, "configMap", { "{name: a}" })
row("files", POD .. "volumes[8]", { "{name: new}", "{name: scratch, emptyDir: {}}", "{emptyDir: {}}", "{name: new, emptyDir: {}}",
  "{name: new, emptydir: {}}", "{name: new, emptyDir: {}, secret: {secretName: a}}" })

row("files", MAIN .. "volumeMounts[0].name", { "none", "host", "scratch", "block" })
row("files", MAIN .. "volumeMounts[0].mountPath", { "/host", "/host/", "tmp", "/a:b", "C:/a", "/", "''", "/tmp/../host", "/dev/xvda",
  "/a b" })
row("files", MAIN .. "volumeMounts[2].subPath", TEXTS_BELOW)
row("files", MAIN .. "volumeMounts[4].subPathExpr", TEXTS_BELOW)
together("files", { [MAIN .. "volumeMounts[2].subPathExpr"] = "a" })
together("files", { [MAIN .. "volumeMounts[2].subPathExpr"] = "a", [MAIN .. "volumeMounts[2].subPath"] = "''" })
row("files", MAIN .. "volumeMounts[1].mountPropagation", { "None", "HostToContainer", "Bidirectional", "none", "''", "null" })
for _, propagation in ipairs { "None", "Bidirectional" } do
  together("files", { [MAIN .. "volumeMounts[1].mountPropagation"] = propagation, [MAIN .. "securityContext"] = "{privileged: false}" })
end
together("files", { [MAIN .. "volumeMounts[1].mountPropagation"] = "Bidirectional", [MAIN .. "securityContext"] = "null" })
row("files", MAIN .. "volumeDevices[0].name", { "none", "claim", "scratch", "host" })
row("files", MAIN .. "volumeDevices[0].devicePath", { "/tmp", "/dev/a", "a", "/dev/../a", "..", "''" })
together("files", { [MAIN .. "volumeDevices[1]"] = "{name: block, devicePath: /dev/xvdb}" })
together("files", { [MAIN .. "volumeDevices[1]"] = "{name: claim, devicePath: /dev/xvda}", [MAIN .. "volumeMounts[2].name"] = "scratch" })
together("files", { [MAIN .. "volumeDevices[1]"] = "{name: claim, devicePath: /dev/xvdb}", [MAIN .. "volumeMounts[2].name"] = "scratch" })

disks(0, "nfs.path", { "/a", "a", "''", "/a/.." })
disks(1, "csi.driver", { "a", "a.b", "A.b", "a_b", long(63), long(64), "-a", "''" })
disks(1, "csi.nodePublishSecretRef", { "{}", "null", "{name: ''}" })
for _, n in ipairs { "-1", "0", "255", "256" } do
  disks(2, "gcePersistentDisk.partition", { n })
  disks(3, "awsElasticBlockStore.partition", { n })
  disks(7, "iscsi.lun", { n })
  stores(3, "fc.lun", { n })
end
disks(4, "azureDisk.cachingMode", { "None", "ReadOnly", "ReadWrite", "none", "''", "null" })
disks(4, "azureDisk.kind", { "Shared", "Dedicated", "Managed", "managed", "''", "null" })
disks(4, "azureDisk.diskURI", { "/subscriptions/a", "http://a", "https://a" })
for _, uri in ipairs { "/subscriptions/a", "https://a" } do
  for _, kind in ipairs { "Managed", "Dedicated" } do
    together("disks", { [POD .. "volumes[4].azureDisk.diskURI"] = uri, [POD .. "volumes[4].azureDisk.kind"] = kind })
  end
end
disks(6, "gitRepo.directory", TEXTS_BELOW)
disks(7, "iscsi.iqn", { "iqn.2001-04.com.example:a", "iqn.x", "eui.0123456789abcdef", "eui.x", "naa.0123456789abcdef", "naa.1", "foo",
  "iqn.2001-4.com.example:a", "iqn.2001-04.com.example" })
disks(7, "iscsi.initiatorName", { "iqn.1994-05.com.example:a", "foo", "''", "eui.0123456789abcdef" })
disks(7, "iscsi.secretRef", { "null", "{}", "{name: ''}" })
together("disks", { [POD .. "volumes[7].iscsi.secretRef"] = "null", [POD .. "volumes[7].iscsi.chapAuthSession"] = "false", [POD
  .. "volumes[7].iscsi.chapAuthDiscovery"] = "false" })
together("disks", { [POD .. "volumes[7].iscsi.secretRef"] = "null", [POD .. "volumes[7].iscsi.chapAuthSession"] = "false" })
stores(3, "fc", { "{targetWWNs: [a]}", "{targetWWNs: [a], lun: 0}", "{wwids: [a]}", "{wwids: [a], lun: 0}",
  "{targetWWNs: [a], lun: 0, wwids: [b]}", "{lun: 1}", "{}" })
stores(4, "flexVolume.options", { "{kubernetes.io/a: b}", "{k8s.io/a: b}", "{a.kubernetes.io/a: b}", "{example.com/a: b}", "{}" })
stores(5, "flocker", { "{datasetName: a}", "{datasetUUID: a}", "{datasetName: a, datasetUUID: b}", "{}", "{datasetName: a/b}" })
stores(8, "quobyte.registry", { "a", "a:1", "'a:1,b:2'", "'a:1,'", "a:b:c", "':1'", "'a:'" })
stores(8, "quobyte.tenant", { long(64), long(65), "''" })
stores(8, "quobyte.volume", { long(64), "a b" })
stores(10, "storageos.volumeName", { "a", "A", long(64), "''" })
stores(10, "storageos.volumeNamespace", { "a", "A", long(64), "''" })

-- --- Pods

row("network", POD .. "containers[0].ports[0].hostPort", { "8080", "8082", "0", "-", "8081" })
row("network", POD .. "hostNetwork", { "false", "null" })
row("network", POD .. "containers[0].ports[1].containerPort", { "8080", "8081" })
row("network", POD .. "dnsPolicy", { "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", "none", "''", "null" })
row("network", POD .. "dnsConfig", { "{}", "null", "{nameservers: []}" })
row("network", POD .. "dnsConfig.nameservers", { "[10.0.0.1, 10.0.0.2, 10.0.0.3]", "[10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]", "[a]",
  "[10.0.0]", "[10.0.0.256]", "['::1']", "['1:2:3:4:5:6:7:8']", "['1:2:3:4:5:6:7']",
  "['::ffff:10.0.0.1']", "['1::2::3']", "[010.0.0.1]", "['fe80::1%eth0']", "['']", "[10.0.0.1/8]", "['::']", "['1:2:3:4:5:6:7:8:9']",
    "['12345::']", "['g::']" })
row("network", POD .. "dnsConfig.searches", { "[a, b, c, d, e, f]", "[a, b, c, d, e, f, g]", "[a.]", "[.]", "[A]", "[a_b]", "['']", "["
  .. long(250) .. "]", "[" .. long(250) .. ", " .. long(10) .. "]", "[a..b]" })
row("network", POD .. "dnsConfig.options", { "[{name: a}]", "[{value: a}]", "[{}]", "[{name: '', value: a}]" })
for _, policy in ipairs { "None", "Default" } do
  together("network", { [POD .. "dnsConfig"] = "null", [POD .. "dnsPolicy"] = policy })
  together("network", { [POD .. "dnsConfig"] = "{searches: [a]}", [POD .. "dnsPolicy"] = policy })
end
row("network", POD .. "hostAliases[0].ip", { "a", "''", "'::1'", "10.0.0", "10.0.0.256", "-" })
row("network", POD .. "hostAliases[0].hostnames", { "[a]", "[A]", "[a_b]", "['']", "[" .. long(254) .. "]", "[]" })
row("network", POD .. "hostname", LABELS)
row("network", POD .. "subdomain", LABELS)
row("network", POD .. "serviceAccountName", SUBDOMAINS)
row("network", POD .. "serviceAccount", { "runner", "other", "A_b" })
row("network", POD .. "hostPID", { "true", "false" })
row("network", POD .. "shareProcessNamespace", { "true", "false" })
row("network", POD .. "imagePullSecrets", { "[{}]", "[{name: ''}]", "[{name: A_b}]", "[a]", "[{name: a, key: b}]" })
row("network", POD .. "activeDeadlineSeconds", COUNTS)
row("pod", "spec.activeDeadlineSeconds", COUNTS)
row("network", POD .. "terminationGracePeriodSeconds", COUNTS)
row("network", POD .. "readinessGates[0].conditionType", LABEL_KEYS)
row("scheduling", POD .. "nodeName", SUBDOMAINS)
row("scheduling", POD .. "nodeSelector", keyed(LABEL_KEYS))
row("scheduling", POD .. "nodeSelector.disk", LABEL_VALUES)
row("scheduling", POD .. "priorityClassName", SUBDOMAINS)
row("scheduling", POD .. "runtimeClassName", SUBDOMAINS)
row("scheduling", POD .. "preemptionPolicy", { "Never", "PreemptLowerPriority", "never", "''", "null" })
row("scheduling", POD .. "overhead", { "{cpu: 1}", "{cpu: -1}", "{foo: 1}", "{cpu: x}" })
row("scheduling", POD .. "tolerations", { "[{}]", "[{operator: Exists}]", "[{operator: Equal}]", "[{operator: exists}]", "[{key: a}]",
  "[{key: a, value: b}]", "[{key: a, operator: Exists, value: b}]", "[{key: -a}]", "[{key: a, value: -b}]",
  "[{key: a, value: " .. long(64) .. "}]", "[{key: a, effect: NoSchedule}]", "[{key: a, effect: noschedule}]", "[{key: a, effect: ''}]",
    "[{key: a, effect: NoExecute, tolerationSeconds: 1}]",
  "[{key: a, effect: NoExecute, tolerationSeconds: -1}]", "[{key: a, effect: NoSchedule, tolerationSeconds: 1}]",
    "[{key: a, tolerationSeconds: 1}]", "[{value: a}]", "[{value: a, operator: Exists}]", "[{key: a, operator: ''}]",
  "[{effect: NoSchedule, operator: Exists}]", "[{key: a, operator: Gt, value: '1'}]", "[{key: a, value: 'a b'}]" })
local SPREAD = POD .. "topologySpreadConstraints"
row("scheduling", SPREAD .. "[0].maxSkew", { "-1", "0", "1", "2147483648", "-" })
row("scheduling", SPREAD .. "[0].whenUnsatisfiable", { "DoNotSchedule", "ScheduleAnyway", "doNotSchedule", "''", "-" })
row("scheduling", SPREAD .. "[0].topologyKey", LABEL_KEYS)
row("scheduling", SPREAD .. "[1]", { "{maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}",
  "{maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway}" })
row("scheduling", SPREAD .. "[0].labelSelector", { "{}", "null", "{matchLabels: {-a: b}}", "{matchExpressions: [{key: a, operator: In}]}" })
local NODE = POD .. "affinity.nodeAffinity."
row("scheduling", NODE .. "requiredDuringSchedulingIgnoredDuringExecution", { "{}", "{nodeSelectorTerms: []}", "{nodeSelectorTerms: [{}]}",
  "null", "{nodeSelectorTerms: [{matchExpressions: []}]}" })
row("scheduling", NODE .. "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions",
  { "[{key: a, operator: In, values: [b]}]", "[{key: a, operator: In}]", "[{key: a, operator: NotIn, values: []}]",
  "[{key: a, operator: Exists}]",
  "[{key: a, operator: Exists, values: [b]}]", "[{key: a, operator: DoesNotExist, values: [b]}]",
    "[{key: a, operator: Gt, values: ['1']}]", "[{key: a, operator: Gt, values: ['1', '2']}]", "[{key: a, operator: Lt}]",
    "[{key: a, operator: Lt, values: [x]}]",
  "[{key: a, operator: in, values: [b]}]", "[{key: -a, operator: Exists}]", "[{operator: Exists}]", "[{key: a}]",
    "[{key: a, operator: In, values: ['a b']}]" })
row("scheduling", NODE .. "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields",
  { "[{key: metadata.name, operator: In, values: [a]}]", "[{key: metadata.name, operator: NotIn, values: [a]}]",
  "[{key: metadata.name, operator: In, values: [a, b]}]", "[{key: metadata.name, operator: Exists}]",
    "[{key: metadata.namespace, operator: In, values: [a]}]", "[{key: metadata.name, operator: In, values: []}]",
    "[{key: metadata.name, operator: In, values: [A_b]}]",
  "[{operator: In, values: [a]}]" })
row("scheduling", NODE .. "preferredDuringSchedulingIgnoredDuringExecution[0].weight", { "-1", "0", "1", "100", "101", "-" })
row("scheduling", NODE .. "preferredDuringSchedulingIgnoredDuringExecution[0].preference", { "{}", "-", "null" })
local PODS = POD .. "affinity.podAffinity."
row("scheduling", PODS .. "preferredDuringSchedulingIgnoredDuringExecution[0].weight", { "-1", "0", "1", "100", "101", "-" })
row("scheduling", PODS .. "requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey", LABEL_KEYS)
row("scheduling", PODS .. "requiredDuringSchedulingIgnoredDuringExecution[0].namespaces", { "[]", "[a]", "[A]", "[a.b]", "['']", "["
  .. long(64) .. "]" })
row("scheduling", PODS .. "requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector", { "{}", "null", "{matchLabels: {-a: b}}",
  "{matchLabels: {a: -b}}", "{matchExpressions: [{key: a, operator: In}]}",
  "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}", "{matchExpressions: [{key: a, operator: In, values: ['-b']}]}" })

-- --- security

for _, at in ipairs { POD .. "securityContext.runAsUser", POD .. "securityContext.runAsGroup", POD .. "securityContext.fsGroup", MAIN
  .. "securityContext.runAsUser", MAIN .. "securityContext.runAsGroup" } do
  row("security", at, IDS)
end
row("security", POD .. "securityContext.supplementalGroups", { "[0]", "[-1]", "[2147483648]", "[a]", "[]", "[1, 1]" })
row("security", POD .. "securityContext.fsGroupChangePolicy", { "Always", "OnRootMismatch", "always", "''", "null" })
row("security", POD .. "securityContext.sysctls", { "[{name: a, value: b}]", "[{name: a.b-c_d, value: b}]", "[{name: A, value: b}]",
  "[{name: a/b, value: b}]", "[{name: a, value: b}, {name: a, value: c}]", "[{name: a}]", "[{value: b}]", "[{name: -a, value: b}]",
  "[{name: a..b, value: c}]", "[{name: " .. long(254) .. ", value: b}]" })
for _, at in ipairs { POD .. "securityContext.seccompProfile", MAIN .. "securityContext.seccompProfile" } do
  row("security", at, { "{type: RuntimeDefault}", "{type: Unconfined}", "{type: Localhost}", "{type: Localhost, localhostProfile: a/b}",
    "{type: Localhost, localhostProfile: /a}", "{type: Localhost, localhostProfile: ../a}", "{type: Localhost, localhostProfile: ''}",
    "{type: RuntimeDefault, localhostProfile: a}", "{type: Unconfined, localhostProfile: ''}", "{type: localhost}", "{}",
      "{localhostProfile: a}", "null" })
end
local CONTEXT = MAIN .. "securityContext"
row("security", CONTEXT, { "{}", "null", "{allowPrivilegeEscalation: false}", "{allowPrivilegeEscalation: false, privileged: true}",
  "{allowPrivilegeEscalation: false, privileged: false}", "{allowPrivilegeEscalation: true, privileged: true}",
  "{allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}}",
    "{allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}",
    "{allowPrivilegeEscalation: false, capabilities: {add: [cap_sys_admin]}}",
  "{allowPrivilegeEscalation: true, capabilities: {add: [CAP_SYS_ADMIN]}}", "{capabilities: {add: [x y]}}", "{capabilities: {add: [1]}}",
    "{capabilities: [NET_ADMIN]}", "{allowPrivilegeEscalation: false, capabilities: {drop: [CAP_SYS_ADMIN]}}",
  "{procMount: Default}", "{procMount: default}", "{procMount: ''}", "{fsGroup: 1}", "{readonlyRootFilesystem: true}" })
row("security", POD .. "containers[1].securityContext.windowsOptions", { "{}", "{gmsaCredentialSpecName: A_b}", "{gmsaCredentialSpec: ''}",
  "{runAsUserName: ''}", "{runAsUserName: a}", "{runAsUserName: 'dom\\a'}", "{runAsUserName: 'a/b'}" })
row("job", "spec.template.metadata.annotations", { "{container.apparmor.security.beta.kubernetes.io/main: runtime/default}",
  "{container.apparmor.security.beta.kubernetes.io/main: localhost/a}",
  "{container.apparmor.security.beta.kubernetes.io/main: unconfined}", "{container.apparmor.security.beta.kubernetes.io/main: x}",
    "{container.apparmor.security.beta.kubernetes.io/other: unconfined}" })

-- --- other kinds

row("claim", "spec.accessModes", { "[]", "null", "[ReadWriteOnce]", "[ReadOnlyMany, ReadWriteMany]", "[readWriteOnce]", "[RWO]", "['']" })
row("claim", "spec.resources.requests", { "{}", "null", "{storage: 0}", "{storage: -1}", "{storage: 1}", "{storage: 1GB}", "{cpu: 1}",
  "{storage: 1Gi, cpu: 1}", "{storage: 1500m}" })
row("claim", "spec.resources.limits", { "{storage: 1Mi}", "{storage: 1Gi}", "{storage: -1}", "{cpu: 1}" })
row("claim", "spec.storageClassName", SUBDOMAINS)
row("claim", "spec.volumeMode", { "Block", "block", "''", "null" })
row("claim", "spec.selector", { "{}", "{matchLabels: {-a: b}}" })
row("secret", "data", keyed(KEYS, "YQ=="))
row("secret", "stringData", keyed(KEYS))
row("secret", "data.username", { "YQ==", "YQ", "a", "'a b'", "''", "YWI=", "1", "\"YQ=\\n=\"", "'YQ==='" , "====", "YQ==YQ==", "null"})
row("secret", "type", { "Opaque", "''", "kubernetes.io/tls", "kubernetes.io/ssh-auth", "kubernetes.io/dockercfg",
  "kubernetes.io/dockerconfigjson", "kubernetes.io/service-account-token", "example.com/a", "bootstrap.kubernetes.io/token" })
together("secret", { type = "kubernetes.io/tls", data = "{tls.crt: YQ==, tls.key: YQ==}" })
together("secret", { type = "kubernetes.io/tls", data = "{tls.crt: YQ==}" })
together("secret", { type = "kubernetes.io/ssh-auth", data = "{ssh-privatekey: YQ==}" })
together("secret", { type = "kubernetes.io/dockerconfigjson", data = "{.dockerconfigjson: e30=}" })
together("secret", { type = "kubernetes.io/basic-auth", data = "null", stringData = "{a: b}" })
together("secret", { type = "kubernetes.io/basic-auth", data = "null", stringData = "{username: b}" })
row("configmap", "data", keyed(KEYS))
row("configmap", "binaryData", keyed(KEYS, "YQ=="))
row("configmap", "binaryData", { "{url: YQ==}", "{a: x}", "{a: 1}" })
row("configmap", "data", { "{a: 1}", "{a: null}", "{a: " .. long(1048574 - 4) .. "}", "{a: " .. long(1048577) .. "}" })
row("role", "rules", { "[]", "null", "[{}]", "[{verbs: [get]}]", "[{verbs: [get], apiGroups: ['']}]",
  "[{verbs: [get], resources: [pods]}]", "[{verbs: [], apiGroups: [''], resources: [pods]}]", "[{verbs: [get], nonResourceURLs: [/a]}]",
  "[{verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/a]}]" })
row("binding", "roleRef", { "{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'a:b'}", "{kind: Role, name: a}",
  "{apiGroup: x, kind: Role, name: a}", "{apiGroup: rbac.authorization.k8s.io, kind: role, name: a}", "{kind: Role, name: a/b}",
  "{kind: Role}" })
row("binding", "subjects", { "[]", "null", "[{}]", "[{kind: ServiceAccount, name: a}]", "[{kind: ServiceAccount, name: a, namespace: b}]",
  "[{kind: ServiceAccount, name: A_b, namespace: c}]", "[{kind: ServiceAccount, name: a, namespace: b, apiGroup: "
  .. "rbac.authorization.k8s.io}]",
  "[{kind: User, name: a}]", "[{kind: User, name: a, apiGroup: x}]", "[{kind: Robot, name: a}]", "[{kind: Group, name: a, apiGroup: ''}]",
    "[{kind: User}]" })
row("role", "metadata.name", { "'system:role'" })
row("space", "spec.finalizers", { "[]", "[a]", "[example.com/a]", "['']" })

return rows
