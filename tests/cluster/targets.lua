-- `moonstep run --targets` on the cluster of KUBECONFIG, which may be a control plane alone (stage.lua).
local list = require "kube.list"
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "targets"
local suite = dofile "tests/lib/suite.lua"

local namespace, folder, kubectl = stage.namespace, stage.folder, stage.kubectl
local expect, play, terminated, RUNS, WAITS = stage.expect, stage.play, stage.terminated, stage.RUNS, stage.WAITS

local DONE = { terminated(0), terminated(0), terminated(0) }
local FAILED = { terminated(3), WAITS, WAITS }

-- --- what is run

local function rows_of(names, more)
  local lines = {}
  for i, name in ipairs(names) do lines[i] = ('{"name":"%s"%s}\n'):format(name, more or "") end
  return table.concat(lines)
end

-- The command line for these targets, whose Task is called like the case.
local function line_of(case, names, more, rows)
  shell.write(("%s/%s.ndjson"):format(folder, case), rows or rows_of(names))
  return stage.line("run", ("--targets %s.ndjson --queue %s/%s-queue %s"):format(case, folder, case, more or ""), case)
end

local function begin(case, names, more, rows) return stage.begin(case, nil, line_of(case, names, more, rows)) end

local function job_of(case, name) return ("%s-%s"):format(case, name) end

-- Plays a Job to its end.
local function play_to(case, name, code)
  local pod = stage.pod_of(job_of(case, name))
  if code == 0 then play(pod, "Succeeded", DONE) else play(pod, "Failed", FAILED) end
end

local function jobs_like(case)
  local found = {}
  for _, job in ipairs((list.all(stage.cluster, ("/apis/batch/v1/namespaces/%s/jobs"):format(namespace)))) do
    if job.metadata.name:find(case, 1, true) == 1 then found[#found + 1] = job.metadata.name end
  end
  table.sort(found)
  return found
end

local function await_jobs(case, count)
  return assert(stage.poll(function() return #jobs_like(case) == count end), ("no %d Jobs of %s"):format(count, case))
end

local function is_queue(case) return shell.exists(("%s/%s-queue/manifest.ndjson"):format(folder, case)) end

local function ended_of(case)
  local all = {}
  for index, how in shell.read(("%s/%s-queue/ended.ndjson"):format(folder, case)):gmatch '"index":(%d+),"end":"([%l-]+)"' do
    all[#all + 1] = index .. " " .. how
  end
  table.sort(all)
  return all
end

-- Waits until so many are written down as ended.
local function await_ended(case, count)
  return assert(stage.poll(function()
    return shell.exists(("%s/%s-queue/ended.ndjson"):format(folder, case)) and #ended_of(case) == count
  end), ("not %d have ended"):format(count))
end

-- Sends a signal to the run of a case.
local function signal(case, name)
  local out, err, code = shell.run(("pkill -%s -o -f '^[^ ]*moonstep run .*--queue %s/%s-queue'"):format(name, folder, case))
  suite.equal(code, 0, out .. err)
end

-- --- cases

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("so many at a time, and the next when one has ended", function()
  local finish = begin("some", { "a", "b", "c", "d" }, "--max-running 2")
  await_jobs("some", 2)
  stage.cluster.loop:sleep(500)
  suite.equal(jobs_like "some", { "some-a", "some-b" })
  play_to("some", "b", 0)
  await_jobs("some", 3)
  for _, name in ipairs { "a", "c", "d" } do play_to("some", name, 0) end
  local said, code = finish()
  expect(said, code, 0, namespace .. "/b: complete after", "4 of 4 targets rendered", "4 of 4 targets are complete, after")
  suite.equal(is_queue "some", false)
end)

case("Jobs and Pods have the label of their batch", function()
  local finish = begin("labelled", { "a" })
  local pod = stage.pod_of "labelled-a"
  local label = pod.metadata.labels["moonstep/batch"]
  suite.equal(kubectl(("-n %s get jobs -l moonstep/batch=%s -o name"):format(namespace, label)), "job.batch/labelled-a\n")
  play(pod, "Succeeded", DONE)
  local said, code = finish()
  expect(said, code, 0, "1 of 1 targets are complete")
end)

case("one that fails is told, and the others go on", function()
  local finish = begin("fails", { "a", "b" }, "--max-running 1")
  play_to("fails", "a", 3)
  play_to("fails", "b", 0)
  local said, code = finish()
  expect(said, code, 1, ("error[job-failed]: %s/a: step f-0 of Job %s/fails-a failed with exit status 3"):format(namespace, namespace),
    "`moonstep logs fails-a -n " .. namespace, "1 of 2 targets are complete, 1 failed, after")
  suite.equal(is_queue "fails", false)
end)

case("one that does not begin is told", function()
  local finish = begin("never", { "a", "b" }, "--start-timeout 2s")
  play(stage.pod_of "never-a", "Pending", { { waiting = { reason = "ImagePullBackOff", message = "no such image" } }, WAITS, WAITS })
  play_to("never", "b", 0)
  local said, code = finish()
  expect(said, code, 2, ("error[job-not-started]: %s/a: Job %s/never-a has not gone on for 2 s"):format(namespace, namespace),
    "no such image", "1 of 2 targets are complete, 1 failed")
end)

case("retries are a target's own", function()
  local finish = begin("again", { "a", "b" }, "--retries 1 --retry-delay 1s --cleanup")
  play_to("again", "a", 3)
  play_to("again", "b", 0)
  play_to("again", "a-retry-1", 0)
  local said, code = finish()
  expect(said, code, 0, namespace .. "/a has failed; it is tried again (1 of 1)", "2 of 2 targets are complete")
  suite.equal(jobs_like "again", {})
end)

case("interrupted, it leaves its Jobs and goes on later", function()
  local finish = begin("stopped", { "a", "b", "c" }, "--max-running 2")
  play_to("stopped", "a", 0)
  await_ended("stopped", 1)
  await_jobs("stopped", 3)
  signal("stopped", "TERM")
  local said, code = finish()
  expect(said, code, 130, "1 of 3 targets are complete, 2 have not ended, interrupted", "2 Jobs may run on", "the same command goes on")
  play_to("stopped", "b", 0)
  finish = begin("stopped", { "a", "b", "c" }, "--max-running 2")
  play_to("stopped", "c", 0)
  said, code = finish()
  expect(said, code, 0, "info[queue-goes-on]", "1 of 3 targets had ended then", "3 of 3 targets are complete")
  suite.equal(said:find(namespace .. "/a: complete", 1, true), nil, said)
  suite.equal(is_queue "stopped", false)
end)

case("killed at any moment, each Job runs once", function()
  local names = { "a", "b", "c", "d", "e" }
  local finish = begin("killed", names, "--max-running 2")
  play_to("killed", "a", 0)
  await_ended("killed", 1)
  await_jobs("killed", 3)
  local uid = kubectl(("-n %s get job killed-b -o 'jsonpath={.metadata.uid}'"):format(namespace))
  signal("killed", "KILL")
  finish()
  play_to("killed", "b", 3)
  finish = begin("killed", names, "--max-running 2")
  for _, name in ipairs { "c", "d", "e" } do play_to("killed", name, 0) end
  local said, code = finish()
  expect(said, code, 1, namespace .. "/b: step f-0 of", "4 of 5 targets are complete, 1 failed")
  suite.equal(kubectl(("-n %s get job killed-b -o 'jsonpath={.metadata.uid}'"):format(namespace)), uid)
  suite.equal(is_queue "killed", false)
end)

case("failures of before count, too", function()
  local finish = begin("before", { "a", "b" }, "--max-running 1")
  play_to("before", "a", 3)
  await_ended("before", 1)
  await_jobs("before", 2)
  signal("before", "TERM")
  finish()
  play_to("before", "b", 0)
  local said, code = begin("before", { "a", "b" }, "--max-running 1")()
  expect(said, code, 1, "1 target had failed before this run went on", "1 of 2 targets are complete, 1 failed")
end)

case("other rows begin anew", function()
  local finish = begin("other", { "a", "b" }, "--max-running 1")
  play_to("other", "a", 0)
  await_ended("other", 1)
  await_jobs("other", 2)
  signal("other", "TERM")
  finish()
  play_to("other", "b", 0)
  stage.poll(function() return kubectl(("-n %s get job other-b -o 'jsonpath={.status.succeeded}'"):format(namespace)) == "1" end)
  local uid = kubectl(("-n %s get job other-b -o 'jsonpath={.metadata.uid}'"):format(namespace))
  finish = begin("other", { "b", "c" }, "--max-running 2")
  assert(stage.poll(function()
    local now = kubectl(("-n %s get job other-b --ignore-not-found -o 'jsonpath={.metadata.uid}'"):format(namespace))
    return now ~= "" and now ~= uid
  end), "the Job of before was not replaced")
  play_to("other", "c", 0)
  assert(stage.poll(function() return stage.pod_of "other-b".status.phase == "Pending" end))
  play_to("other", "b", 0)
  local said, code = finish()
  expect(said, code, 0, "info[queue-anew]", "since then has changed: the rows of the targets", "2 of 2 targets are complete")
end)

case("it stops where too many fail, and goes on when told to", function()
  local finish = begin("most", { "a", "b", "c" }, "--max-running 1 --max-errors 1")
  play_to("most", "a", 3)
  local said, code = finish()
  expect(said, code, 2, "error[too-many-errors]: stopped: 1 target failed", "2 have not ended")
  suite.equal(jobs_like "most", { "most-a" })
  suite.equal(ended_of "most", { "0 failed" })
end)

case("a Job that another run has made, and that runs, is left alone", function()
  local finish = begin("taken", { "a" })
  await_jobs("taken", 1)
  signal("taken", "TERM")
  finish()
  local said, code = begin("taken", { "a" }, "--anew")()
  expect(said, code, 2, ("Job %s/taken-a runs already, and another run has made it"):format(namespace), "moonstep delete taken-a")
end)

case("what cannot be rendered keeps the others from being run", function()
  local rows = rows_of { "a", "no_name!" }
  local said, code = begin("broken", {}, "", rows)()
  expect(said, code, 2, "1 of 2 targets rendered, 1 failed", "error[nothing-run]", "--keep-going runs the others")
  suite.equal(jobs_like "broken", {})
  suite.equal(is_queue "broken", false)
  local finish = begin("broken", {}, "--keep-going", rows)
  play_to("broken", "a", 0)
  said, code = finish()
  expect(said, code, 2, "1 of 1 targets are complete")
end)

case("what the cluster refuses of the first is told before anything is applied", function()
  local row = '{"name":"a","namespace":"moonstep-nowhere"}\n'
  local said, code = begin("refused", {}, "", row)()
  expect(said, code, 2, "moonstep-nowhere")
  suite.equal(is_queue "refused", false)
end)

case("two runs of one queue at a time", function()
  local finish = begin("twice", { "a" })
  await_jobs("twice", 1)
  local said, code = stage.begin("twice-2", nil, line_of("twice", { "a" }))()
  expect(said, code, 2, "twice-queue")
  play_to("twice", "a", 0)
  said, code = finish()
  expect(said, code, 0, "1 of 1 targets are complete")
end)

case("to machines", function()
  local finish = begin("json", { "a", "b" }, "--max-running 1 --format ndjson")
  local pod = stage.pod_of "json-a"
  play(pod, "Pending", { RUNS, WAITS, WAITS })
  stage.cluster.loop:sleep(300)
  play(pod, "Succeeded", DONE)
  play_to("json", "b", 3)
  local said, code = finish()
  expect(said, code, 1, ('{"target":"%s/a","state":"running","step":"f-0"}'):format(namespace),
    ('{"target":"%s/a","end":"complete","seconds":'):format(namespace), ('{"target":"%s/b","end":"failed","seconds":'):format(namespace),
    '"targets":2,"complete":1,"failed":1,"running":0,"left":0,"interrupted":false}}')
end)

return stage.finish("batches on a cluster", tests)
