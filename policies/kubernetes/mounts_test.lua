-- Mounts and devices.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local VOLUMES = "volumes: [{name: data, emptyDir: {}}, {name: disk, persistentVolumeClaim: {claimName: d}}]"

-- A Pod that mounts the volume "data", uses "disk" as a device, and does more.
local function pod(mounts, rest, devices)
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {%s, containers: [{name: c, image: i%s, volumeMounts: [%s], "
    .. "volumeDevices: [%s]}]}\n"):format(
    VOLUMES, rest or "", mounts, devices or "{name: disk, devicePath: /dev/a}")
end
local M = "spec.containers[0].volumeMounts"
local D = "spec.containers[0].volumeDevices"

check("mounts that are fine", pod "{name: data, mountPath: /a, subPath: x}, {name: data, mountPath: /b, subPathExpr: $(Y)}")
check("a mount without volume", pod "{name: data, mountPath: /a}, {name: dta, mountPath: /b}", "mount-without-volume @ " .. M
  .. "[1].name: no volume dta")
check("a mount of another name altogether", pod "{name: data, mountPath: /a}, {name: elsewhere, mountPath: /b}", "mount-without-volume @ "
  .. M .. "[1].name")
check("a device without volume", pod("{name: data, mountPath: /a}", "",
  "{name: disk, devicePath: /dev/a}, {name: gone, devicePath: /dev/b}"),
  "mount-without-volume @ " .. D .. "[1].name")
check("a StatefulSet's claims are volumes", [[
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s}
spec: {volumeClaimTemplates: [{metadata: {name: data}}, 1, {}], template: {spec: {containers: [{name: c, image: i,
  volumeMounts: [{name: data, mountPath: /a}]}]}}}
]])
check("two mounts at a path", pod "{name: data, mountPath: /a}, {name: data, mountPath: /a}", "duplicate-mount @ " .. M .. "[1].mountPath")
check("two spellings of a path", pod "{name: data, mountPath: /a/b}, {name: data, mountPath: //a/b/}", "mount-over-mount @ " .. M
  .. "[1].mountPath: same path as /a/b")
check("a relative path", pod "{name: data, mountPath: a}", "mount-path @ " .. M .. "[0].mountPath: absolute")
check("a colon in a path", pod "{name: data, mountPath: '/a:b'}", "mount-path @ " .. M .. "[0].mountPath: colon")
check("a path of Windows", pod "{name: data, mountPath: 'C:/a'}")
check("subPath and subPathExpr", pod "{name: data, mountPath: /a, subPath: x, subPathExpr: z}", "sub-path @ " .. M .. "[0].subPathExpr")
check("a subPath above", pod "{name: data, mountPath: /a, subPath: ../x}", "format @ " .. M .. "[0].subPath: without ..")
check("propagation of a privileged container", pod("{name: data, mountPath: /a, mountPropagation: Bidirectional}",
  ", securityContext: {privileged: true}"))
check("propagation of another", pod "{name: data, mountPath: /a, mountPropagation: Bidirectional}", "mount-propagation @ " .. M
  .. "[0].mountPropagation")
check("recursive and read-only", pod "{name: data, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled}")
check("recursive and writable", pod "{name: data, mountPath: /a, recursiveReadOnly: IfPossible}", "recursive-read-only @ " .. M
  .. "[0].recursiveReadOnly: needs readOnly")
check("recursive and passed on", pod("{name: data, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: "
  .. "HostToContainer}"),
  "recursive-read-only @ " .. M .. "[0].recursiveReadOnly: mountPropagation None")

check("a device that is no claim", pod("", "", "{name: disk, devicePath: /dev/a}, {name: data, devicePath: /dev/b}"), "volume-device @ "
  .. D .. "[1].name: persistentVolumeClaim")
check("a device twice", pod("{name: data, mountPath: /a}", "", "{name: disk, devicePath: /dev/a}, {name: disk, devicePath: /dev/b}"),
  "volume-device @ " .. D .. "[1].name: uses this volume already")
check("a device at the path of a mount", pod("{name: data, mountPath: /a}", "", "{name: disk, devicePath: /a}"), "volume-device @ " .. D
  .. "[0].devicePath: something else")
check("a device that is mounted", pod("{name: data, mountPath: /a}, {name: disk, mountPath: /b}"), "volume-device @ " .. D
  .. "[0].name: uses this volume already")
check("a device's path above", pod("{name: data, mountPath: /a}", "", "{name: disk, devicePath: /dev/../a}"), "volume-device @ " .. D
  .. "[0].devicePath: without ..")
check("a volume that nothing uses", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: data, emptyDir: {}}], "
  .. "containers: [{name: c, image: i}]}\n",
  "unused-volume @ spec.volumes[0].name: no container mounts volume data")
check("a volume that a variable comes from", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: data, emptyDir: "
  .. "{}}], containers: [{name: c, image: i, "
  .. "env: [{name: A, valueFrom: {fileKeyRef: {volumeName: data, path: a, key: b}}}]}]}\n")
