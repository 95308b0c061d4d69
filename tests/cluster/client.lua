-- Our own client (lua/kube) against the cluster of KUBECONFIG: lists in pages, server-side apply and its conflicts, watches and what they
-- tell, statuses that are changed at the same time. Everything is made in a namespace of its own, which is removed in the end.
local apply = require "kube.apply"
local diag = require "base.diag"
local events = require "kube.events"
local list = require "kube.list"
local loop = require "kube.loop"
local stage = dofile "tests/cluster/stage.lua" "client"
local status = require "kube.status"
local suite = dofile "tests/lib/suite.lua"
local watch = require "kube.watch"

local PATIENCE = 10000 -- milliseconds

local namespace, cluster, kubectl = stage.namespace, stage.cluster, stage.kubectl

local PATH = ("/api/v1/namespaces/%s/configmaps"):format(namespace)

local function config(name, data)
  return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name, namespace = namespace }, data = data }
end

local function raised(f, ...)
  local ok, d = diag.catch(f, ...)
  if ok then error("nothing was raised", 2) end
  return d
end

local tests = {
  { "a list in pages is the whole list", function()
    local objects = {}
    for i = 1, 620 do objects[i] = ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-%d, labels: {many: x}}\n"):format(i) end
    kubectl(("-n %s create -f -"):format(namespace), table.concat(objects, "---\n"))
    local found, version = list.all(cluster, PATH, { labelSelector = "many=x" })
    suite.equal({ #found, found[1].kind, version ~= nil }, { 620, "ConfigMap", true })
  end },
  { "created, unchanged, changed", function()
    local object = config("a", { x = "1" })
    suite.equal(apply.live(cluster, object), nil)
    suite.equal(apply.changes(nil, apply.send(cluster, object, { dry = true })), "created")
    suite.equal(apply.live(cluster, object), nil)
    apply.send(cluster, object, {})
    suite.equal(apply.changes(apply.live(cluster, object), apply.send(cluster, object, {})), "unchanged")
    object.data.x = "2"
    suite.equal(apply.changes(apply.live(cluster, object), apply.send(cluster, object, { dry = true })), "changed")
    suite.equal(apply.live(cluster, object).data.x, "1")
  end },
  { "another manager's field", function()
    apply.send(cluster, config("b", { x = "1" }), {})
    kubectl(("-n %s patch cm b --type merge -p '{\"data\":{\"x\":\"9\"}}'"):format(namespace))
    local d = raised(apply.send, cluster, config("b", { x = "1" }), {})
    suite.equal(d.message:find(".data.x (kubectl", 1, true) ~= nil, true, d.message)
    suite.equal(apply.send(cluster, config("b", { x = "1" }), { force = true }).data.x, "1")
  end },
  { "an immutable field", function()
    local job = { apiVersion = "batch/v1", kind = "Job", metadata = { name = "j", namespace = namespace }, spec = { parallelism = 0,
      template = { spec = { restartPolicy = "Never", containers = { { name = "c", image = "i" } } } } } }
    apply.send(cluster, job, {})
    job.spec.template.spec.containers[1].image = "other"
    local d = raised(apply.send, cluster, job, { dry = true })
    suite.equal(d.message:find("immutable", 1, true) and d.hint:find("delete it first", 1, true) ~= nil, true, d.message)
  end },
  { "a watch tells each state once, across streams that it is cut off from", function()
    local told = {}
    local watcher = watch.start(cluster, { path = PATH, query = { labelSelector = "w=x" } }, {
      state = function(object) told[#told + 1] = object.data.n end, gone = function() told[#told + 1] = "gone" end })
    local object = config("w", { n = "1" })
    object.metadata.labels = { w = "x" }
    for i = 1, 5 do
      object.data.n = tostring(i)
      apply.send(cluster, object, {})
      cluster.loop:wait(function() return #told >= i end, loop.now() + PATIENCE)
      cluster.loop:wait(function() return watcher.call end, loop.now() + PATIENCE)
      watcher.call:close() -- as if the connection had broken
      watcher:stop()
      local before = watcher
      watcher = watch.start(cluster, before.wanted, before.on)
      watcher.told, watcher.version = before.told, before.version
    end
    apply.delete(cluster, apply.live(cluster, object))
    cluster.loop:wait(function() return told[#told] == "gone" end, loop.now() + PATIENCE)
    watcher:stop()
    suite.equal(table.concat(told, " "), "1 2 3 4 5 gone")
  end },
  { "a version that the server has forgotten", function()
    apply.send(cluster, config("v", { n = "1" }), {})
    local told = {}
    local watcher = watch.start(cluster, { path = PATH, query = { fieldSelector = "metadata.name=v" } }, {
      state = function(object) told[#told + 1] = object.data.n end })
    cluster.loop:wait(function() return told[1] end, loop.now() + PATIENCE)
    watcher:stop()
    local again = watch.start(cluster, watcher.wanted, watcher.on)
    again.told, again.version = watcher.told, "1" -- long gone
    apply.send(cluster, config("v", { n = "2" }), {})
    cluster.loop:wait(function() return told[2] end, loop.now() + PATIENCE)
    again:stop()
    suite.equal(told, { "1", "2" })
  end },
  { "a status that two change at once", function()
    apply.send(cluster, config("s", { x = "1" }), {})
    local wanted = { apiVersion = "v1", kind = "ConfigMap", namespace = namespace, name = "s" }
    local seen = 0
    local object = status.patch(cluster, wanted, function()
      seen = seen + 1
      if seen == 1 then kubectl(("-n %s annotate cm s other=1"):format(namespace)) end
      return { data = { y = "2" } }
    end)
    suite.equal({ seen, object.data.y, object.metadata.annotations.other }, { 2, "2", "1" })
  end },
  { "what the cluster says of an object", function()
    kubectl(("-n %s create -f -"):format(namespace), ([[
apiVersion: v1
kind: Event
metadata: {name: e-%s}
involvedObject: {kind: ConfigMap, name: e, namespace: %s, uid: some-uid}
type: Warning
reason: Odd
message: it is odd
lastTimestamp: "2027-01-01T00:00:00Z"
]]):format(os.time(), namespace))
    suite.equal(events.warning(cluster, { { metadata = { namespace = namespace, uid = "some-uid" } } }).message, "it is odd")
  end },
  { "deleted, and only what was meant", function()
    local object = config("d", { x = "1" })
    apply.send(cluster, object, {})
    local live = apply.live(cluster, object)
    live.metadata.uid = "00000000-0000-0000-0000-000000000000"
    suite.equal(apply.delete(cluster, live), false)
    suite.equal(apply.delete(cluster, apply.live(cluster, object)), true)
    suite.equal(apply.delete(cluster, object), false)
  end },
}

return stage.finish("client of a cluster", tests)
