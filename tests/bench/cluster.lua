-- What following Jobs on the cluster of KUBECONFIG costs, which may be a control plane alone: Pods are played by this program, which says
-- in their status what a kubelet would (tests/cluster/stage.lua). Without KUBECONFIG nothing is measured. MOONSTEP is what is measured.
--
-- The end of a Job: from when a watch of this program has told it until moonstep has ended. It is that of a batch of one, which asks no
-- node for logs. 200 Jobs, 20 at a time, each of which runs for two seconds: the most memory of all processes together (PSS), and the
-- part of a processor that they take.
local shell = dofile "tests/lib/shell.lua"
local usage = dofile "tests/lib/usage.lua"
local value = require "base.value"
local watch = require "kube.watch"

if (os.getenv "KUBECONFIG" or "") == "" then return true end

local loop = require "kube.loop"
local stage = dofile "tests/cluster/stage.lua" "bench"

local JOBS, RUNNING, SECONDS, ROUNDS = 200, 20, 2, 7
local DONE = { stage.terminated(0), stage.terminated(0), stage.terminated(0) }
local cluster, namespace, folder = stage.cluster, stage.namespace, stage.folder

local function row(what, ours, target) print(("%-44s %16s %16s %8s %8s"):format(what, ours, "", "", target)) end

-- --- the end of a Job

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- Milliseconds from when the API server has told that a Job is complete until moonstep has ended.
local function time_of_end(number)
  local name = "end-" .. number
  shell.write(folder .. "/one.ndjson", '{"name":"a"}\n')
  local out = ("%s/%s.out"):format(folder, name)
  local ended, told
  local watcher = watch.start(cluster, { path = ("/apis/batch/v1/namespaces/%s/jobs"):format(namespace),
    query = { fieldSelector = ("metadata.name=%s-a"):format(name) } }, { state = function(job)
      if value.get(job, "status", "completionTime") then told = told or loop.now() end
    end })
  local line = stage.line("run", ("-q --targets one.ndjson --queue %s/%s-queue"):format(folder, name), name)
  os.execute(("( (%s) >%s 2>&1; touch %s.ended ) &"):format(line, out, out))
  stage.play(stage.pod_of(name .. "-a"), "Succeeded", DONE)
  cluster.loop:wait(function() return told end, loop.now() + 20000)
  while told and not ended and loop.now() - told < 10000 do
    cluster.loop:sleep(5)
    ended = shell.exists(out .. ".ended") and loop.now()
  end
  watcher:stop()
  return assert(ended, "the Job did not end") - told
end

-- --- many Jobs

-- Plays each Pod of a batch to its end, some time after it was made.
local function play_all()
  return watch.start(cluster, { path = ("/api/v1/namespaces/%s/pods"):format(namespace), query = { labelSelector = "moonstep/batch" } },
    { state = function(pod)
      if pod.metadata.annotations and pod.metadata.annotations.played or value.get(pod, "status", "containerStatuses") then return end
      cluster.loop:spawn(function()
        stage.play(pod, "Running", { stage.RUNS, stage.WAITS, stage.WAITS })
        cluster.loop:sleep(SECONDS * 1000)
        stage.play(pod, "Succeeded", DONE)
      end)
    end })
end

local function run_many()
  local lines = {}
  for i = 1, JOBS do lines[i] = ('{"name":"db-%d"}\n'):format(i) end
  shell.write(folder .. "/rows.ndjson", table.concat(lines))
  local out = folder .. "/many.out"
  local queue = folder .. "/queue"
  local more = ("--targets rows.ndjson --max-running %d --queue %s -q"):format(RUNNING, queue)
  os.execute(("( (%s) >%s 2>&1; echo $? >%s.status ) &"):format(stage.line("run", more, "many"), out, out))
  local player, began, most, ticks = play_all(), loop.now(), 0, 0
  while not shell.exists(out .. ".status") do
    local kib, taken = usage(queue)
    most, ticks = math.max(most, kib), math.max(ticks, taken)
    cluster.loop:sleep(250)
  end
  player:stop()
  assert(shell.read(out .. ".status") == "0\n", shell.read(out))
  return most / 1024, ticks * 1000 / (loop.now() - began) -- ticks are hundredths of a second
end

-- --- all of it

stage.kubectl("create namespace " .. namespace)
local ok, why = pcall(function()
  local ends = {}
  for i = 1, ROUNDS do ends[i] = time_of_end(i) end
  row("end of a Job on a cluster until run has ended", ("%d ms"):format(median(ends)), "<= 300")
  local mib, percent = run_many()
  row(("%d Jobs, %d at a time: memory"):format(JOBS, RUNNING), ("%.1f MiB"):format(mib), "< 32")
  row(("%d Jobs, %d at a time: of one processor"):format(JOBS, RUNNING), ("%.1f %%"):format(percent), "< 5")
end)
os.execute(("kubectl delete namespace %s --wait=false >/dev/null 2>&1; rm -rf %s"):format(namespace, folder))
assert(ok, why)
return true
