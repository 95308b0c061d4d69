-- moonstep batch-job: its Jobs are what our own packs want, and their scripts, run here, make what one run makes.
-- Usage: moonstep-lua tests/batch/job.lua FOLDER
local load = require "engine.load"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: job", ...)

local folder, add, write = stage.folder, stage.add, stage.write
os.execute(("mkdir -p %s/inputs %s/out; cp examples/postgres/*.yaml %s/inputs"):format(folder, folder, folder))

local IMAGE = "registry.example/moonstep@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
local USUAL = ("--image %s --shards 3 --targets rows.ndjson --task postgres-backup-11.2 --out-claim out "):format(IMAGE)

local function batch_job(options) return shell.run(("%s batch-job %s"):format(shell.moonstep, options)) end

-- The Jobs that it prints with these options.
local function jobs_of(options)
  local out, err, status = batch_job("-o ndjson " .. options)
  suite.equal({ err, status }, { "", 0 })
  local jobs = {}
  for line in out:gmatch "[^\n]+" do jobs[#jobs + 1] = load.next(load.reader(load.source(line))) end
  return jobs
end

local function script_of(job) return job.spec.template.spec.containers[1].command[3] end

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

-- Runs the script of a Job here, with folders in the place of its mounts.
local function run(job, index)
  local there = io.popen("realpath " .. folder):read "l"
  local script = script_of(job):gsub("/out/", there .. "/out/"):gsub("cd /out\n", "cd " .. there .. "/out\n")
  local name = write(("script%s.sh"):format(index or ""), script):match "[^/]*$"
  return shell.run(("mkdir -p %s/bin && ln -sf %s %s/bin/moonstep && cd %s/inputs && PATH=%s/bin:$PATH "
    .. "JOB_COMPLETION_INDEX=%s JOB_COMPLETIONS=3 sh %s/%s"):format(
    there, tool, there, there, there, index or "", there, name))
end

local function rows(count, bad)
  local lines = {}
  for i = 1, count do
    lines[i] = bad and i % bad == 0 and '{"name":"No"}\n' or ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'):format(i)
  end
  shell.write(folder .. "/inputs/rows.ndjson", table.concat(lines))
end

add("its Jobs are clean by our own packs", function()
  for _, inputs in ipairs { "--inputs-configmap in", "--inputs-configmap in --out-folder jobs",
    "--inputs-claim in.1 -n shop --parallelism 2 -j 4 --name nightly" } do
    shell.write(folder .. "/jobs.yaml", (batch_job(USUAL .. inputs)))
    local out, err, status =
      shell.run(("%s check -f %s/jobs.yaml --fail-on info --policy kubernetes --policy pod-security/restricted --policy shell"):format(
      shell.moonstep, folder))
    suite.equal({ out, err, status }, { "", "", 0 }, inputs)
  end
  local jobs = jobs_of(USUAL .. "--inputs-claim in.1 -n shop --parallelism 2 -j 4 --name nightly")
  suite.equal({ #jobs, jobs[1].metadata.name, jobs[2].metadata.name, jobs[1].metadata.namespace, jobs[1].spec.completionMode,
    jobs[1].spec.completions,
    jobs[1].spec.parallelism, jobs[2].spec.suspend }, { 2, "nightly", "nightly-merge", "shop", "Indexed", 3, 2, true })
end)

add("shards and merge make what one run makes", function()
  local jobs = jobs_of(USUAL .. [[--inputs-configmap in -- --set "REPOSITORY_BUCKET=it's a \"\$(bucket)\" \${X}"]])
  for _, bad in ipairs { false, 100 } do
    rows(1000, bad)
    for _, index in ipairs { "2", "0", "1" } do
      local _, err, status = run(jobs[1], index)
      suite.equal(status, 0, err)
    end
    local _, err, status = run(jobs[2])
    suite.equal({ status, err }, { bad and 2 or 0, "" })
    local want = shell.run(("cd %s/inputs && %s render -f . --targets rows.ndjson --task postgres-backup-11.2 --set %s"):format(folder,
      tool,
      shell.quote [[REPOSITORY_BUCKET=it's a "$(bucket)" ${X}]]))
    suite.equal({ #want > 1000000, shell.read(folder .. "/out/result.yaml") == want }, { true, true })
    suite.equal(select(2, shell.read(folder .. "/out/result.log"):gsub("bad%-row", "")), bad and 10 or 0)
  end
end)

add("shards and merge fill one folder as one run does", function()
  local jobs = jobs_of(USUAL .. "--inputs-configmap in --out-folder jobs -- --set REPOSITORY_BUCKET=b")
  for _, bad in ipairs { false, 100 } do
    rows(1000, bad)
    os.execute(("rm -rf %s/out/* %s/want"):format(folder, folder))
    for _, index in ipairs { "2", "0", "1" } do
      local _, err, status = run(jobs[1], index)
      suite.equal(status, 0, err)
    end
    local _, err, status = run(jobs[2])
    suite.equal({ status, err }, { bad and 2 or 0, bad and "moonstep: 990 of 1,000 targets rendered, 10 failed\n"
      or "moonstep: 1,000 of 1,000 targets rendered\n" })
    shell.run(("cd %s/inputs && %s render -f . --targets rows.ndjson --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b "
      .. "--out ../want"):format(folder, tool))
    suite.equal({ shell.run(("diff -r %s/want %s/out/jobs"):format(folder, folder)) }, { "", "", 0 })
    suite.equal(select(2, shell.read(folder .. "/out/result.log"):gsub("bad%-row", "")), bad and 10 or 0)
  end
end)

add("a Pod that was killed goes on in the folder, and no merge comes before it", function()
  rows(1000)
  os.execute(("rm -rf %s/out/*"):format(folder))
  local jobs = jobs_of(USUAL .. "--inputs-configmap in --out-folder jobs -- --set REPOSITORY_BUCKET=b --no-plan")
  for _, index in ipairs { "0", "2" } do run(jobs[1], index) end
  run(jobs[1], "1") -- makes the manifest, of which this is what a killed run leaves:
  os.execute(("cd %s/out/jobs && head -c 50000 manifest-2-of-3.ndjson >manifest-2-of-3.ndjson.part && "
    .. "rm manifest-2-of-3.ndjson default/db-400.yaml default/db-600.yaml"):format(folder))
  local _, err, status = run(jobs[2])
  suite.equal({ status, err:find("shard 2 of 3 has not come to its end", 1, true) ~= nil }, { 2, true }, err)
  suite.equal({ select(3, run(jobs[1], "1")), select(3, run(jobs[2])) }, { 0, 0 })
  suite.equal(shell.entries(folder .. "/out/jobs"), { "default", "manifest.ndjson" })
  suite.equal(#shell.entries(folder .. "/out/jobs/default"), 1000)
end)

add("a shard that is not there, or was ended, is no result", function()
  rows(100)
  local jobs = jobs_of(USUAL .. "--inputs-configmap in")
  os.execute(("rm -rf %s/out/*"):format(folder))
  run(jobs[1], "0")
  run(jobs[1], "2")
  local _, err, status = run(jobs[2])
  suite.equal({ status ~= 0, err:find("shard-1.status", 1, true) ~= nil, shell.exists(folder .. "/out/result.yaml") }, { true, true,
    false })
end)

add("what is missing or wrong is said", function()
  for words, options in pairs {
    ["needs --image"] = "--shards 2 --targets a --out-claim o --inputs-claim i", ["needs one of --inputs"] = USUAL,
    ["one of --inputs"] = USUAL .. "--inputs-claim a --inputs-configmap b", ["--shards takes"] = USUAL .. "--inputs-claim a --shards 0",
    ["no standard input"] = USUAL .. "--inputs-claim a --targets -", ["--name takes"] = USUAL .. "--inputs-claim a --name A",
    ["is no name of an object"] = USUAL .. "--inputs-claim a_b",
    ["--out-folder takes"] = USUAL .. "--inputs-claim a --out-folder ../x",
    ["--out-folder NAME"] = USUAL .. "--inputs-claim a -- --out x",
    ["--prune does not go"] = USUAL .. "--inputs-claim a --out-folder x -- --prune",
    ["at most 52"] = USUAL .. "--inputs-claim a --name " .. ("a"):rep(53),
  } do
    local out, err, status = batch_job(options)
    suite.equal({ out, status, err:find(words, 1, true) ~= nil }, { "", 2, true }, words .. ": " .. err)
  end
end)

return stage.run()
