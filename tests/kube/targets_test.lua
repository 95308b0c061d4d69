-- `moonstep run --targets` against a server that answers as scripts say (scripted.c): how a batch begins, ends and goes on. tests/cluster
-- asks a real one.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER, SERVER = ...
local scripted = dofile "tests/kube/scripted.lua"(FOLDER, SERVER)
local JOBS, PODS, script, items, event, has = scripted.JOBS, scripted.PODS, scripted.lines, scripted.items, scripted.event, scripted.has

shell.write(FOLDER .. "/task.yaml", shell.read "tests/kube/one-step.yaml")

-- --- what the server says

local function job(name, condition, labels)
  local conditions = condition and ('[{"type":"%s","status":"True"}]'):format(condition) or "[]"
  return ('{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"t-%s","namespace":"n","uid":"u-%s","resourceVersion":"%d",'
    .. '"labels":%s},"spec":{"template":{"spec":{"containers":[{"name":"f-0","image":"i"}]}}},"status":{"conditions":%s}}'):format(name,
    name, condition and 9 or 1, labels or '{"moonstep/run":"x"}', conditions)
end

local function pod(name, code)
  return ('{"metadata":{"name":"t-%s-x","namespace":"n","uid":"p-%s","resourceVersion":"5","creationTimestamp":"2027-01-01T00:00:00Z",'
    .. '"ownerReferences":[{"kind":"Job","name":"t-%s","uid":"u-%s"}]},"status":{"phase":"%s","containerStatuses":'
    .. '[{"name":"f-0","restartCount":0,"state":{"terminated":{"exitCode":%d,"reason":"Error"}}}]}}'):format(name, name, name, name,
    code == 0 and "Succeeded" or "Failed", code)
end

-- A target that is not there and can be made. Its Pod is asked for where it failed.
local function made(name, code)
  return script((">> GET %s/t-%s"):format(JOBS, name), 404, scripted.status(404, "not found"),
    (">> PATCH %s/t-%s dryRun=All"):format(JOBS, name), 201, "| " .. job(name),
    ("> PATCH %s/t-%s !dryRun"):format(JOBS, name), 201, "| " .. job(name),
    (">> DELETE %s/t-%s"):format(JOBS, name), 200, '| {"kind":"Status"}',
    ("> GET %s/t-%s-x/log"):format(PODS, name), 200, "| no such table",
    (">> GET %s controller-uid%%3Du-%s"):format(PODS, name), 200, items("Pod", 1, pod(name, code)))
end

-- What the batch's watches tell: these Jobs have ended.
local function watched(of_jobs)
  local BATCH = " moonstep%2Fbatch%3D "
  return script("> GET " .. JOBS .. BATCH .. "!watch", 200, items("Job", 1), "> GET " .. JOBS .. BATCH .. "watch=true", 200, of_jobs,
    "> GET " .. PODS .. BATCH .. "!watch", 200, items("Pod", 1), "> GET " .. PODS .. BATCH .. "watch=true", 200, "~ 9000")
end

local function ends(rows)
  local lines = { "~ 300" }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = event(job(row[1], row[2]))
    lines[#lines + 1] = "~ 300"
  end
  lines[#lines + 1] = "~ 9000"
  return watched(script(table.unpack(lines)))
end

-- --- running

local count = 0

-- Runs targets of these names. Returns what was printed, its status, what the server was asked, and the queue's folder. With `queue`, that
-- is the folder, and with `again`, the server goes on behind what it was asked before.
local function against(text, names, more, queue, again)
  count = count + 1
  local name = again or "b" .. count
  queue = queue or ("%s/%s-queue"):format(FOLDER, name)
  local file = ("%s/%s.script"):format(FOLDER, name)
  shell.write(file, (again and (shell.exists(file) and shell.read(file) or "") or scripted.KINDS .. scripted.RIGHTS) .. text)
  os.remove(("%s/%s.log"):format(FOLDER, name))
  local rows = {}
  for i, each in ipairs(names) do rows[i] = ('{"name":"%s"}\n'):format(each) end
  shell.write(FOLDER .. "/rows.ndjson", table.concat(rows))
  local line = "cd %s && env -u KUBECONFIG timeout -s KILL 30 %s run -f task.yaml --task t --targets rows.ndjson --queue %s"
    .. " --kubeconfig %s %s"
  local out, err, status = shell.run(line:format(FOLDER, shell.moonstep, queue, scripted.config(name), more or ""))
  return out .. err, status, scripted.asked(name), queue
end

local function queue_of(name, how)
  local queue = ("%s/%s-queue"):format(FOLDER, name)
  os.execute(("rm -rf %s && mkdir -m %s %s"):format(queue, how or "700", queue))
  return queue
end

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("all of them, and what is left then: nothing", function()
  local said, status, asked, queue = against(made("a", 0) .. made("b", 0) .. ends { { "b", "Complete" }, { "a", "Complete" } },
    { "a", "b" })
  suite.equal(status, 0, said)
  has(said, "n/b: complete after", "n/a: complete after", "moonstep: 2 of 2 targets are complete, after")
  has(asked, '"moonstep/batch":"', "fieldManager=moonstep")
  suite.equal(shell.exists(queue), false)
end)

case("one that fails", function()
  local said, status = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" }, { "b", "Complete" } }, { "a", "b" })
  suite.equal(status, 1, said)
  has(said, "[n/a f-0] no such table", "error[job-failed]: n/a: step f-0 of Job n/t-a failed with exit status 4",
    "`moonstep logs x -n n` shows what it said, `moonstep status x -n n` what the cluster says, `moonstep delete x -n n` removes it\n",
    "1 of 2 targets are complete, 1 failed")
end)

case("one at a time, and nothing is asked for those behind the most errors", function()
  local said, status, asked, queue = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" },
    "--max-running 1 --max-errors 1")
  suite.equal(status, 2, said)
  has(said, "error[too-many-errors]: stopped: 1 target failed", "1 have not ended")
  suite.equal(asked:find("t-b", 1, true), nil)
  suite.equal(shell.read(queue .. "/ended.ndjson"):match '\n{"index":0,"end":"failed"}\n$' ~= nil, true)
end)

case("the most errors stop nothing where no target is left", function()
  local said, status, _, queue = against(made("a", 0) .. made("b", 4) .. ends { { "a", "Complete" }, { "b", "Failed" } }, { "a", "b" },
    "--max-errors 1")
  suite.equal(status, 1, said)
  has(said, "error[job-failed]: n/b:", "1 of 2 targets are complete, 1 failed, after")
  suite.equal(said:find("too-many-errors", 1, true), nil, said)
  suite.equal(shell.entries(queue), { "failed.ndjson" })
end)

-- A batch of which a is complete and b fails. Returns its queue.
local function half()
  local said, status, _, queue = against(made("a", 0) .. made("b", 4) .. ends { { "a", "Complete" }, { "b", "Failed" } }, { "a", "b" })
  suite.equal(status, 1, said)
  has(said, ("info[queue-failed]: 1 target is not complete; %s knows which"):format(queue), "with --failed runs these alone")
  return queue
end

case("those that were not complete are run alone, also where the rows have changed", function()
  local queue = half()
  local text = made("b", 4) .. ends { { "b", "Failed" } }
  local said, status, asked = against(text, { "c", "a", "b" }, "--failed", queue)
  suite.equal(status, 1, said)
  has(said, "runs 1 target that were not complete", "0 of 1 targets are complete, 1 failed", "1 target is not complete")
  suite.equal({ asked:find("t-a", 1, true), asked:find("t-c", 1, true), shell.entries(queue) }, { nil, nil, { "failed.ndjson" } })
  said, status = against(made("b", 0) .. ends { { "b", "Complete" } }, { "a", "b" }, "--failed", queue)
  suite.equal({ status, shell.exists(queue) }, { 0, false }, said)
end)

case("without --failed all are run again", function()
  local text = made("a", 0) .. made("b", 0) .. ends { { "a", "Complete" }, { "b", "Complete" } }
  local said, status = against(text, { "a", "b" }, nil, half())
  suite.equal(status, 0, said)
  has(said, "2 of 2 targets are complete")
end)

case("a run of those alone goes on as such", function()
  local queue = queue_of "alone"
  shell.write(queue .. "/failed.ndjson", '{"target":"n/a"}\n{"target":"n/c"}\n')
  local said, status = against(made("a", 4) .. ends { { "a", "Failed" } }, { "a", "b", "c" },
    "--failed --max-running 1 --max-errors 1", queue)
  suite.equal(status, 2, said)
  local asked
  said, status, asked = against(made("c", 0) .. ends { { "c", "Complete" } }, { "a", "b", "c" }, nil, queue, "b" .. count)
  suite.equal(status, 1, said)
  has(said, "1 of 2 targets had ended then", "1 of 2 targets are complete, 1 failed")
  suite.equal({ asked:find("t-b", 1, true), shell.read(queue .. "/failed.ndjson") }, { nil, '{"target":"n/a"}\n' })
end)

case("who was not complete is still known where the next run is refused", function()
  local queue = half()
  local text = scripted.KINDS .. script(">> GET " .. JOBS .. " !watch", 403, scripted.status(403, "jobs.batch is forbidden"))
  local said, status = against(text, { "a", "b" }, "--failed", queue, "refused-again")
  suite.equal(status, 2, said)
  suite.equal(shell.entries(queue), { "failed.ndjson" })
end)

case("--failed where nothing is known of that", function()
  local said, status, asked, queue = against(made("a", 0), { "a" }, "--failed")
  suite.equal(status, 2, said)
  has(said, "error[no-queue]", "knows of no targets that were not complete when a run ended", "without --failed all are run")
  suite.equal({ asked, shell.exists(queue .. "/manifest.ndjson") }, { "", false })
  queue = select(4, against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" }, "--max-running 1 --max-errors 1"))
  shell.write(queue .. "/failed.ndjson", '{"target":"n/a"}\n')
  said, status = against("", { "a", "b" }, "--failed", queue, "b" .. count)
  suite.equal(status, 2, said)
  has(said, "a run of these targets has not come to its end", "without --failed goes on with it")
end)

case("goes on behind a line that was not written to its end", function()
  local _, _, _, queue = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" }, "--max-running 1 --max-errors 1")
  shell.write(queue .. "/ended.ndjson", shell.read(queue .. "/ended.ndjson") .. '{"index":1,"e')
  local said, status, asked = against(ends { { "b", "Complete" } }, { "a", "b" }, nil, queue, "b" .. count)
  suite.equal(status, 1, said)
  has(said, "info[queue-goes-on]", "1 of 2 targets had ended then", "1 target had failed before", "1 of 2 targets are complete, 1 failed")
  suite.equal(asked:find("PATCH " .. JOBS .. "/t-a", 1, true), nil, asked)
end)

case("goes on where none had ended", function()
  local _, _, _, queue = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" }, "--max-running 1 --max-errors 1")
  shell.write(queue .. "/ended.ndjson", shell.read(queue .. "/ended.ndjson"):match "^[^\n]*\n")
  local said, status = against(made("a", 0) .. ends { { "a", "Complete" }, { "b", "Complete" } }, { "a", "b" }, nil, queue, "b" .. count)
  suite.equal(status, 0, said)
  has(said, "info[queue-goes-on]", "0 of 2 targets had ended then", "2 of 2 targets are complete, after")
end)

case("where Jobs may not be followed nothing is made, and nothing is left", function()
  local text = scripted.KINDS .. script(">> GET " .. JOBS .. " !watch", 403, scripted.status(403, "jobs.batch is forbidden"))
  local said, status, _, queue = against(text, { "a" }, nil, nil, "refused")
  suite.equal(status, 2, said)
  has(said, "jobs.batch is forbidden")
  suite.equal(shell.exists(queue), false)
end)

case("of another cluster nothing has ended", function()
  local _, _, _, queue = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" }, "--max-running 1 --max-errors 1")
  local said, status = against(made("a", 0) .. made("b", 0) .. ends { { "a", "Complete" }, { "b", "Complete" } }, { "a", "b" }, nil, queue)
  suite.equal(status, 0, said)
  has(said, "2 of 2 targets are complete")
end)

case("what the first is refused for is told before anything is made", function()
  local text = script(">> GET " .. JOBS .. "/t-a", 404, scripted.status(404, "not found"), ">> PATCH " .. JOBS .. "/t-a dryRun=All", 403,
    scripted.status(403, "exceeded quota: small"))
  local said, status, asked, queue = against(text, { "a", "b" })
  suite.equal(status, 2, said)
  has(said, "exceeded quota: small")
  suite.equal(asked:find("!dryRun", 1, true), nil)
  suite.equal(shell.exists(queue), false)
end)

case("where rendering was stopped, nothing is run and nothing is left", function()
  local said, status, asked, queue = against("", { "a b", "c d", "e" }, "--keep-going --max-errors 1")
  suite.equal(status, 2, said)
  has(said, "error[too-many-errors]: stopped: a target failed or is withheld",
    "error[nothing-run]: nothing was run, since not all targets were rendered")
  suite.equal(said:find "%-%-resume" or said:find "%-%-keep%-going", nil, said)
  suite.equal(asked:find("PATCH", 1, true), nil, asked)
  suite.equal(shell.exists(queue), false)
end)

case("a later one that is refused does not keep the others", function()
  local text = made("a", 0) .. script(">> GET " .. JOBS .. "/t-b", 200, "| " .. job("b", nil, "{}")) .. ends { { "a", "Complete" } }
  local said, status = against(text, { "a", "b" })
  suite.equal(status, 2, said)
  has(said, "error[job-not-started]: n/b:", "Job n/t-b is there already, and moonstep did not make it",
    "1 of 2 targets are complete, 1 failed")
end)

case("what somebody deletes is not tried again", function()
  local gone = event(job("a")):gsub("MODIFIED", "DELETED")
  local said, status, asked = against(made("a", 0) .. watched(script("~ 300", event(job("a")), "~ 100", gone, "~ 9000")), { "a" },
    "--retries 2 --retry-delay 1s")
  suite.equal(status, 1, said)
  has(said, "error[job-failed]: n/a: Job n/t-a was deleted before its end\n")
  suite.equal(said:find("moonstep logs", 1, true) or asked:find("retry", 1, true), nil, said)
end)

case("a cluster that is busy while the watches begin", function()
  local busy = ("> GET " .. JOBS .. " moonstep%2Fbatch%3D !watch\n503\n" .. scripted.status(503, "busy") .. "\n"):rep(5)
  local said, status = against(made("a", 0) .. busy .. ends { { "a", "Complete" } }, { "a" })
  suite.equal(status, 0, said)
  has(said, "busy; it is tried again", "n/a: complete after")
end)

-- A Job that another run has made, with a Pod of which this is the state.
local function earlier(state)
  local its = job("a"):gsub('"uid"', '"creationTimestamp":"2027-01-01T00:00:00Z","uid"', 1):gsub("2027", "2020", 1)
  local waits = pod("a", 1):gsub('"state":%b{}', '"state":' .. state)
  return script("> GET " .. JOBS .. "/t-a", 200, "| " .. its, "> GET " .. JOBS .. "/t-a", 200, "| " .. its,
    "> GET " .. PODS .. " controller-uid%3Du-a", 200, items("Pod", 1, waits), "> GET " .. PODS .. " controller-uid%3Du-a", 200,
    items("Pod", 1, waits), ">> PATCH " .. JOBS .. "/t-a-check dryRun=All", 201, "| " .. job "a")
end

case("a Job of before that has never begun makes room", function()
  local said, status, asked = against(earlier '{"waiting":{"reason":"ImagePullBackOff"}}' .. made("a", 0) .. ends { { "a", "Complete" } },
    { "a" })
  suite.equal(status, 0, said)
  has(asked, "DELETE " .. JOBS .. "/t-a", "PATCH " .. JOBS .. "/t-a?")
end)

case("a Job of before that runs does not", function()
  local said, status, asked = against(earlier '{"running":{}}' .. made("a", 0), { "a" })
  suite.equal(status, 2, said)
  has(said, "Job n/t-a runs already, and another run has made it", "`moonstep delete x -n n`")
  suite.equal(asked:find("DELETE", 1, true), nil)
end)

case("a queue that cannot be read is not begun anew without a word", function()
  local _, _, _, queue = against(made("a", 4) .. made("b", 0) .. ends { { "a", "Failed" } }, { "a", "b" }, "--max-running 1 --max-errors 1")
  shell.write(queue .. "/ended.ndjson", "\0\0\0\n")
  local text = made("a", 0) .. made("b", 0) .. ends { { "a", "Complete" }, { "b", "Complete" } }
  local said, status = against(text, { "a", "b" }, nil, queue)
  suite.equal(status, 2, said)
  has(said, "ended.ndjson: error[bad-queue]", "--anew begins with the first")
  said, status = against(text, { "a", "b" }, "--anew", queue)
  suite.equal(status, 0, said)
end)

case("no targets, and none that could be run", function()
  local said, status = against("", {})
  suite.equal(status, 0, said)
  has(said, "warning[no-targets]: there are no targets in rows.ndjson")
  said, status = against("", { "a b" })
  suite.equal(status, 2, said)
  has(said, "error[nothing-run]")
  suite.equal(said:find("--keep-going", 1, true), nil, said)
end)

case("with --cleanup nothing is left", function()
  local said, status, asked = against(made("a", 0) .. ends { { "a", "Complete" } }, { "a" }, "--cleanup -q")
  suite.equal(status, 0, said)
  has(asked, "DELETE " .. JOBS .. "/t-a")
  suite.equal(said, "")
end)

case("with --cleanup by somebody who may not delete, nothing is run", function()
  local refusal = scripted.status(403, 'jobs.batch \\"t-a\\" is forbidden: User \\"eve\\" cannot delete resource \\"jobs\\"')
  local said, status, asked = against(script("> DELETE " .. JOBS .. "/t-a", 403, refusal) .. made("a", 0)
    .. ends { { "a", "Complete" } }, { "a" }, "--cleanup")
  suite.equal(status, 2, said)
  has(said, 'User "eve" cannot delete resource "jobs"')
  for line in asked:gmatch "PATCH [^\n]*" do has(line, "dryRun=All") end
end)

case("to programs every line is an object", function()
  local said, status = against(made("a", 4) .. ends { { "a", "Failed" } }, { "a" }, "--format ndjson")
  suite.equal(status, 1, said)
  has(said, '{"summary":{"targets":1,"rendered":1,', '{"target":"n/a","end":"failed"', '{"summary":{"seconds":')
  for line in said:gmatch "[^\n]+" do suite.equal(line:match "^{.*}$", line) end
end)

case("where others may look, nothing is kept", function()
  local said, status = against("", { "a" }, nil, queue_of("open", "755"))
  suite.equal(status, 2, said)
  has(said, "open-queue: is there already, and others may look into it", "--queue names another folder")
end)

case("what is in the folder besides stays", function()
  local queue = queue_of "mine"
  shell.write(queue .. "/letter", "x")
  local said, status = against(made("a", 0) .. ends { { "a", "Complete" } }, { "a" }, nil, queue)
  suite.equal(status, 0, said)
  suite.equal(shell.entries(queue), { "letter" })
end)

case("options that do not go together", function()
  for _, row in ipairs {
    { "--anew --failed", "exclude each other" }, { "--local", "--targets runs on a cluster" },
    { "--detach", "--targets takes no --detach" },
    { "--max-running 0", "--max-running takes a number from 1 to 1000" },
    { "--max-running 1001", "--max-running takes a number from 1 to 1000" }, { "--format junit", "--format takes" },
  } do
    local said, status = against("", { "a" }, row[1])
    suite.equal(status, 2, said)
    has(said, row[2])
  end
end)

return scripted.finish("batches on a cluster that is none", tests)
