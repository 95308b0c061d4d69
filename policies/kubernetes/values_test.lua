-- Words, ranges, names and paths of single fields.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(spec) return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" .. spec .. "}\n" end
local function container(fields) return pod("containers: [{name: c, image: i, " .. fields .. "}]") end
local C = "spec.containers[0]."

check("words that are known", pod "restartPolicy: OnFailure, dnsPolicy: Default, containers: [{name: c, image: i, imagePullPolicy: Never}]")
check("an empty word where there is a default", container "imagePullPolicy: '', ports: [{containerPort: 1, protocol: ''}]")
check("a word in other letters", container "imagePullPolicy: always", "enum @ " .. C
  .. "imagePullPolicy: one of Always, IfNotPresent, Never")
check("another word", pod "restartPolicy: Sometimes, containers: [{name: c, image: i}]", "enum @ spec.restartPolicy")
check("an empty word without a default", pod "preemptionPolicy: '', containers: [{name: c, image: i}]", "enum @ spec.preemptionPolicy")
check("a word in a list", [[
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p}
spec: {accessModes: [ReadWriteOnce, RWX], resources: {requests: {storage: 1Gi}}}
]], "enum @ spec.accessModes[1]: accessModes must be one of")

check("the ends of ranges", container "ports: [{containerPort: 1}, {containerPort: 65535}]")
check("ports beyond", container "ports: [{containerPort: 0}, {containerPort: 65536}]", "range @ " .. C
  .. "ports[0].containerPort: between 1 and 65535",
  "range @ " .. C .. "ports[1].containerPort")
check("a negative number", container "livenessProbe: {tcpSocket: {port: 1}, periodSeconds: -1}",
  "range @ " .. C .. "livenessProbe.periodSeconds: 0 or more")
check("a number in a list", pod "securityContext: {supplementalGroups: [0, -1]}, containers: [{name: c, image: i}]",
  "range @ spec.securityContext.supplementalGroups[1]")
check("a mode", pod("containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, secret: "
  .. "{secretName: s, defaultMode: 512}}]"),
  "range @ spec.volumes[0].secret.defaultMode: between 0 and 511")

check("names that are fine", pod [[serviceAccountName: a.b-c, hostname: h, subdomain: s, nodeName: n.example, runtimeClassName: r,
  containers: [{name: c-1, image: "registry.example/a:1", ports: [{containerPort: 1, name: http-2}],
    env: [{name: "a b-c.d"}], envFrom: [{prefix: A_, configMapRef: {name: m}}]}] ]])

local L63, L64 = ("a"):rep(63), ("a"):rep(64)
check("labels of 63 characters", pod("hostname: " .. L63 .. ", containers: [{name: " .. L63 .. ", image: i}]"))
for _, case in ipairs {
  { "hostname: " .. L64, "hostname: at most 63" }, { "hostname: a.b", "hostname: a DNS label" }, { "subdomain: -a", "subdomain" },
  { "serviceAccountName: A", "serviceAccountName: a DNS name" }, { "serviceAccountName: " .. ("a"):rep(254),
    "serviceAccountName: at most 253" },
  { "serviceAccountName: a..b", "serviceAccountName" }, { "runtimeClassName: ''", "runtimeClassName: filled in" },
  { "hostAliases: [{ip: 1.2.3}]", "hostAliases[0].ip: an IP address" }, { "hostAliases: [{ip: 1.2.3.4, hostnames: ['']}]",
    "hostAliases[0].hostnames[0]" },
  { "readinessGates: [{conditionType: /a}]", "readinessGates[0].conditionType" }, { "tolerations: [{key: a b, operator: Exists}]",
    "tolerations[0].key" },
  { "tolerations: [{key: a/b/c, operator: Exists}]", "tolerations[0].key: at most one /" },
  { "tolerations: [{key: A_/c, operator: Exists}]", "tolerations[0].key: led by a DNS name" },
  { "tolerations: [{key: a/, operator: Exists}]", "tolerations[0].key: empty" },
  { "tolerations: [{key: a/" .. L64 .. ", operator: Exists}]", "tolerations[0].key: at most 63" },
  { "securityContext: {sysctls: [{name: A, value: b}]}", "securityContext.sysctls[0].name: a sysctl" },
  { "securityContext: {sysctls: [{name: " .. ("a"):rep(254) .. ", value: b}]}", "securityContext.sysctls[0].name: at most 253" },
  { "securityContext: {seccompProfile: {type: Localhost, localhostProfile: /a}}",
    "securityContext.seccompProfile.localhostProfile: a relative path" },
  { "securityContext: {windowsOptions: {runAsUserName: 'a/b'}}", "securityContext.windowsOptions.runAsUserName: user of Windows" },
  { "securityContext: {windowsOptions: {gmsaCredentialSpec: ''}}", "securityContext.windowsOptions.gmsaCredentialSpec: filled in" },
} do check("a wrong name: " .. case[2], pod(case[1] .. ", containers: [{name: c, image: i}]"), "format @ spec." .. case[2]) end
check("names of Windows' users", pod("securityContext: {windowsOptions: {runAsUserName: 'DOM\\user', gmsaCredentialSpecName: a.b}}, "
  .. "containers: [{name: c, image: i}]"))

for _, ip in ipairs { "10.0.0.1", "'::'", "'::1'", "'fd00::1:2'", "'1:2:3:4:5:6:7:8'", "'::ffff:10.0.0.1'" } do
  check("an address: " .. ip, pod("hostAliases: [{ip: " .. ip .. "}], containers: [{name: c, image: i}]"))
end
for _, ip in ipairs { "10.0.0.256", "10.0.0.01", "'1::2::3'", "'12345::'", "'1:2:3:4:5:6:7'", "'g::'", "'1:2:3:4:5:6:7:8:9'" } do
  check("no address: " .. ip, pod("hostAliases: [{ip: " .. ip .. "}], containers: [{name: c, image: i}]"),
    "format @ spec.hostAliases[0].ip")
end

for _, case in ipairs {
  { "image: 'i '", "image: without spaces" }, { "ports: [{containerPort: 1, name: " .. ("a"):rep(16) .. "}]", "ports[0].name: at most 15" },
  { "ports: [{containerPort: 1, name: a--b}]", "ports[0].name: single -" }, { "ports: [{containerPort: 1, name: '80'}]",
    "ports[0].name: one letter" },
  { "env: [{name: a=b}]", "env[0].name: printable" }, { "env: [{name: a, valueFrom: {secretKeyRef: {name: s, key: a/b}}}]",
    "env[0].valueFrom.secretKeyRef.key: made of" },
  { "env: [{name: a, valueFrom: {secretKeyRef: {name: s, key: ..}}}]", "env[0].valueFrom.secretKeyRef.key: other than" },
  { "env: [{name: a, valueFrom: {secretKeyRef: {name: s, key: " .. ("a"):rep(254) .. "}}}]",
    "env[0].valueFrom.secretKeyRef.key: at most 253" },
  { "livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: a_b, value: c}]}}", "livenessProbe.httpGet.httpHeaders[0].name" },
} do
  local fields = case[1]:find "^image" and case[1] or "image: i, " .. case[1]
  check("a wrong field of a container: " .. case[2], pod("containers: [{name: c, " .. fields .. "}]"), "format @ " .. C .. case[2])
end

local function volume(source)
  return pod("volumes: [{name: v, " .. source .. "}], containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]")
end
for _, case in ipairs {
  { "hostPath: {path: /a/../b}", "hostPath.path: without .." }, { "nfs: {server: a, path: b}", "nfs.path: an absolute path" },
  { "configMap: {name: a, items: [{key: a, path: ../b}]}", "configMap.items[0].path: without .." },
  { "configMap: {name: a, items: [{key: a, path: ..b}]}", "configMap.items[0].path: begin with .." },
  { "configMap: {name: a, items: [{key: a, path: /b}]}", "configMap.items[0].path: relative" }, { "csi: {driver: a_b}", "csi.driver" },
  { "csi: {driver: " .. L64 .. "}", "csi.driver: at most 63" }, { "iscsi: {targetPortal: a, iqn: b, lun: 0}", "iscsi.iqn: iqn" },
  { "quobyte: {registry: 'a:1', volume: b, tenant: " .. ("a"):rep(65) .. "}", "quobyte.tenant: at most 64" },
} do check("a wrong field of a volume: " .. case[2], volume(case[1]), "format @ spec.volumes[0]." .. case[2]) end
for _, source in ipairs { "csi: {driver: A.b}", "iscsi: {targetPortal: a, iqn: 'iqn.2001-04.com.example:d', lun: 0}",
  "iscsi: {targetPortal: a, iqn: eui.0123456789abcdef, lun: 0}",
    "iscsi: {targetPortal: a, iqn: naa.0123456789abcdef0123456789abcdef, lun: 0}" } do
  check("a volume that is fine: " .. source, volume(source))
end

check("who manages a Job", [[
apiVersion: batch/v1
kind: Job
metadata: {name: a}
spec: {managedBy: example.com/controller, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: b}
spec: {managedBy: controller, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: c}
spec: {managedBy: example.com/]] .. L64 .. [[, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
]], "format @ Job/b spec.managedBy: a domain and a path", "format @ Job/c spec.managedBy: at most 63")
