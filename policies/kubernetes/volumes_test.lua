-- Volumes and their sources.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

-- A Pod with volumes of these texts, called v1, v2 and so on, each mounted.
local function pod(...)
  local volumes, mounts = {}, {}
  for i, source in ipairs { ... } do
    volumes[i] = ("{name: v%d%s%s}"):format(i, source == "" and "" or ", ", source)
    mounts[i] = ("{name: v%d, mountPath: /v%d}"):format(i, i)
  end
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [%s], containers: [{name: c, image: i, volumeMounts: "
    .. "[%s]}]}\n"):format(
    table.concat(volumes, ", "), table.concat(mounts, ", "))
end
local V = "spec.volumes[0]"

check("volumes that are fine", pod("emptyDir: {}", "secret: {secretName: s}", "configMap: {name: m}"))
check("two volumes of one name", (pod("emptyDir: {}", "emptyDir: {}"):gsub("name: v2", "name: v1")),
  "duplicate-volume @ spec.volumes[1].name")
check("two sources", pod "emptyDir: {}, secret: {secretName: s}", "volume-source @ " .. V .. ".secret: has emptyDir already")
check("no source", pod "", "volume-without-source @ " .. V .. ": becomes an emptyDir")
check("a misspelt source", pod "emptydir: {}", "volume-without-source @ " .. V, "unknown-field @ " .. V .. ".emptydir")

local function projected(sources) return pod("projected: {sources: [" .. sources .. "]}") end
check("projected volumes", projected("{secret: {name: s}}, {configMap: {name: m, items: [{key: a, path: b}]}}, {serviceAccountToken: "
  .. "{path: t}}"))
check("a projected source of two things", projected "{secret: {name: s}, configMap: {name: m}}", "projected-volume @ " .. V
  .. ".projected.sources[0].configMap")
check("a projected source of nothing", projected "{}", "volume-without-source @ " .. V .. ".projected.sources[0]")
check("two files of one path", projected("{secret: {name: s, items: [{key: a, path: b}]}}, {downwardAPI: {items: [{path: b, fieldRef: "
  .. "{fieldPath: metadata.name}}]}}"),
  "projected-volume @ " .. V .. ".projected.sources[1].downwardAPI.items[0].path")

check("files of one field", pod "downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}")
check("a file of nothing", pod "downwardAPI: {items: [{path: a}]}", "downward-file @ " .. V .. ".downwardAPI.items[0]")
check("a file of two things", projected("{downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}, resourceFieldRef: "
  .. "{containerName: c, resource: limits.cpu}}]}}"),
  "downward-file @ " .. V .. ".projected.sources[0].downwardAPI.items[0].resourceFieldRef")

local IQN = "targetPortal: '10.0.0.1:3260', iqn: 'iqn.2001-04.com.example:d', lun: 0"
check("details that are fine", pod("emptyDir: {sizeLimit: 1Gi}", "iscsi: {" .. IQN .. ", chapAuthSession: true, secretRef: {name: s}}",
  "fc: {wwids: [a]}", "fc: {targetWWNs: [a], lun: 1}", "flocker: {datasetName: a}", "quobyte: {registry: 'a:1,b:2', volume: v}",
  "flexVolume: {driver: a/b, options: {example.com/a: b}}", "azureDisk: {diskName: a, diskURI: 'https://a'}",
  "azureDisk: {diskName: a, diskURI: /subscriptions/a, kind: Managed}", "storageos: {volumeName: a}", "cinder: {volumeID: a}",
    "csi: {driver: a, nodePublishSecretRef: {name: a}}",
  "ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: "
    .. "1Gi}}}}}"))
for _, case in ipairs {
  { "emptyDir: {sizeLimit: -1Gi}", ".emptyDir.sizeLimit: negative" }, { "emptyDir: {sizeLimit: -1}", ".emptyDir.sizeLimit: negative" },
  { "iscsi: {" .. IQN .. ", chapAuthDiscovery: true}", ".iscsi.secretRef: CHAP" },
  { "iscsi: {" .. IQN:gsub("10.0.0.1", ("a"):rep(60)) .. ", initiatorName: 'iqn.2001-04.com.example:i'}",
    ".iscsi.targetPortal: 64 characters" },
  { "fc: {lun: 1}", ".fc: exactly one" }, { "fc: {targetWWNs: [a], wwids: [b], lun: 1}", ".fc: exactly one" }, { "fc: {targetWWNs: [a]}",
    ".fc.lun: needed" },
  { "flocker: {}", ".flocker: exactly one" }, { "flocker: {datasetName: a/b}", ".flocker.datasetName: must not contain" },
  { "quobyte: {registry: a, volume: v}", ".quobyte.registry: host:port" }, { "flexVolume: {driver: a, options: {kubernetes.io/a: b}}",
    '.flexVolume.options["kubernetes.io/a"]: own domains' },
  { "azureDisk: {diskName: a, diskURI: /subscriptions/a}", ".azureDisk.diskURI: https://" },
  { "azureDisk: {diskName: a, diskURI: 'https://a', kind: Managed}", ".azureDisk.diskURI: /subscriptions/" }, { "storageos: {}",
    ".storageos.volumeName: missing" },
  { "storageos: {volumeName: a, secretRef: {}}", ".storageos.secretRef.name: missing" }, { "cinder: {volumeID: a, secretRef: {}}",
    ".cinder.secretRef.name: missing" },
  { "csi: {driver: a, nodePublishSecretRef: {name: A}}", ".csi.nodePublishSecretRef.name: a DNS name" },
  { "ephemeral: {volumeClaimTemplate: {metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}",
    ".ephemeral.volumeClaimTemplate.metadata.name" },
} do check("a volume's details: " .. case[1], pod(case[1]), "volume-details @ " .. V .. case[2]) end
check("sources of other types", pod("emptyDir: x", "iscsi: [a]"), "type @ spec.volumes[0].emptyDir", "type @ spec.volumes[1].iscsi")
