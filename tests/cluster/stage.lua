-- What tests of commands on the cluster of KUBECONFIG have in common: a namespace of its own, a folder with a Task, runs in the background,
-- and the kubelet's part. The cluster may be a control plane alone: no node runs the Pods, which no scheduler looks at; the test says in
-- their status what a kubelet would.
--
--   local stage = Stage(name)                 `dofile "tests/cluster/stage.lua"` gives Stage; a namespace moonstep-NAME-TIME
--   stage.kubectl(line [, standard input]) -> what it printed; raises where it fails
--   stage.poll(f) -> what f() gave, as soon as that is something; nil when that takes too long
--   stage.line(command, more, name) -> the command line for the Task of that name;  stage.moonstep(command, name, more) runs it,
--   stage.begin(name, more) begins `run` in the background -> a function that waits for its end. Both give what was said, and the status
--   stage.other(line)                         another command in the namespace, likewise
--   stage.pod_of(job) -> its Pod;  stage.play(pod, phase, { state, … }) sets the states of its containers, in order
--   stage.load_image(loader, name)            moonstep's own image (examples/image), by podman; loader is given the path of its archive
--   stage.finish(suite's name, tests) -> whether all passed; all is removed then
local clusters = require "kube.clusters"
local list = require "kube.list"
local loop = require "kube.loop"
local running = require "scripts.running"
local shell = dofile "tests/lib/shell.lua"
local status = require "kube.status"
local suite = dofile "tests/lib/suite.lua"

local PATIENCE = 20000 -- milliseconds

-- What is run.
local FILES = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: f}
spec: {image: "nowhere.example/none:1", command: [sh, -c, "${SCRIPT:=true}"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: f}, {name: f}, {name: f}]}
]]

-- Pods that nobody schedules, or that fit on no node.
local TEMPLATES = [[
local function job(ctx, more)
  local steps = ctx:containers()
  local last = table.remove(steps)
  local pod = { initContainers = steps, containers = { last }, volumes = ctx:volumes(), restartPolicy = "Never" }
  for name, v in pairs(more) do pod[name] = v end
  return { apiVersion = "batch/v1", kind = "Job", metadata = ctx:metadata(),
    spec = { backoffLimit = 0, template = { metadata = ctx:pod_metadata(), spec = pod } } }
end
template "played" { summary = "s", render = function(ctx) return job(ctx, { schedulerName = "nobody" }) end }
template "nowhere" { summary = "s", render = function(ctx) return job(ctx, { nodeSelector = { none = "none" } }) end }
]]

return function(title)
  local stage = { FILES = FILES, namespace = ("moonstep-%s-%d"):format(title, os.time()), folder = io.popen("mktemp -d"):read "l" }
  local folder, namespace = stage.folder, stage.namespace

  running.begin()

  function stage.kubectl(line, input)
    local out, err, code = shell.run("kubectl " .. line, input)
    if code ~= 0 then error(("kubectl %s: %s"):format(line, err), 2) end
    return out
  end

  local context = stage.kubectl("config current-context"):match "[^\n]+"
  local all = clusters.new { note = function() end }
  all:prepare(context)
  local cluster = all:connection(context)
  stage.cluster = cluster

  function stage.poll(f)
    local deadline = loop.now() + PATIENCE
    local found
    repeat
      found = f()
      if not found then cluster.loop:sleep(50) end
    until found or loop.now() > deadline
    return found
  end

  shell.write(folder .. "/task.yaml", FILES)
  shell.write(folder .. "/templates.lua", TEMPLATES)
  shell.write(folder .. "/moonstep.yaml", "scripts: [templates.lua]\ntemplate: played\n")

  -- --- commands

  function stage.line(command, more, name)
    return ("cd %s && sed 's/name: t}/name: %s}/' task.yaml >%s.yaml && %s %s -f %s.yaml --task %s -n %s %s"):format(folder, name, name,
      shell.moonstep, command, name, name, namespace, more or "")
  end

  local function both(line)
    local out, err, code = shell.run(line)
    return out .. err, code
  end

  function stage.moonstep(command, name, more) return both(stage.line(command, more, name)) end

  function stage.other(line) return both(("%s %s -n %s"):format(shell.moonstep, line, namespace)) end

  -- begin(name, more [, command line])
  function stage.begin(name, more, line)
    local out = ("%s/%s.out"):format(folder, name)
    shell.write(out, "")
    os.remove(out .. ".status")
    os.execute(("( (%s) >%s 2>&1; echo $? >%s.status ) &"):format(line or stage.line("run", more, name), out, out))
    return function()
      stage.poll(function() return shell.exists(out .. ".status") and shell.read(out .. ".status") ~= "" end)
      return shell.read(out), tonumber(shell.read(out .. ".status"))
    end
  end

  -- --- the kubelet's part

  -- Of a Job that was made anew, not the Pod of the one before.
  function stage.pod_of(job)
    return assert(stage.poll(function()
      local object = cluster:get(("/apis/batch/v1/namespaces/%s/jobs/%s"):format(namespace, job))
      return object and list.all(cluster, ("/api/v1/namespaces/%s/pods"):format(namespace),
        { labelSelector = "controller-uid=" .. object.metadata.uid })[1]
    end), "the cluster made no Pod for " .. job)
  end

  function stage.terminated(code)
    return { terminated = { exitCode = code, reason = code == 0 and "Completed" or "Error", startedAt = "2027-01-01T00:00:00Z",
      finishedAt = "2027-01-01T00:00:01Z" } }
  end
  stage.RUNS = { running = { startedAt = "2027-01-01T00:00:00Z" } }
  stage.WAITS = { waiting = { reason = "PodInitializing" } }

  function stage.play(pod, phase, states)
    local at = 0
    local function statuses(containers)
      if not containers then return nil end
      local all_of = {}
      for i, container in ipairs(containers) do
        at = at + 1
        all_of[i] = { name = container.name, state = states[at], ready = false, restartCount = 0, image = "x", imageID = "",
          lastState = {} }
      end
      return all_of
    end
    status.patch(cluster, { apiVersion = "v1", kind = "Pod", namespace = namespace, name = pod.metadata.name }, function()
      return { status = { phase = phase, initContainerStatuses = statuses(pod.spec.initContainers),
        containerStatuses = statuses(pod.spec.containers) } }
    end)
  end

  -- --- what is expected

  function stage.expect(said, code, want, ...)
    suite.equal(code, want, said)
    for _, words in ipairs { ... } do suite.equal(said:find(words, 1, true) ~= nil, true, ("no %q in %s"):format(words, said)) end
  end

  -- The same, of a command's results.
  function stage.expect_of(want, words, said, code) stage.expect(said, code, want, table.unpack(words)) end

  function stage.load_image(loader, image)
    local out, err, code = shell.run(([[{ ROOT=FOLDER/root examples/image/build && tar -C FOLDER/root -cf FOLDER/root.tar .; } >&2 &&
      cd FOLDER && podman import -q -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' root.tar IMAGE &&
      podman save -q -o image.tar IMAGE && podman rmi IMAGE && LOADER FOLDER/image.tar]]):gsub("%u%u%u%u%u+", { FOLDER = folder,
      IMAGE = image, LOADER = loader }))
    if code ~= 0 then error(out .. err) end
  end

  function stage.finish(name, tests)
    stage.kubectl("create namespace " .. namespace)
    local ok, result = pcall(suite.run, name, tests)
    os.execute(("kubectl delete namespace %s --wait=false >/dev/null 2>&1; rm -rf %s"):format(namespace, folder))
    if not ok then print(("not ok %s: %s"):format(name, result)) end
    return ok and result
  end

  return stage
end
