-- Batches into folders: which files there are, what is in them, and what stands in the manifest. Usage: moonstep-lua tests/batch/out.lua
-- FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: out", ...)

local folder, add = stage.folder, stage.add

local TASK = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

-- run(rows, options) -> standard output, messages, exit status
local function run(rows, options)
  shell.write(folder .. "/rows.ndjson", rows)
  return shell.run(("%s render %s --targets %s/rows.ndjson %s"):format(shell.moonstep, TASK, folder, options or ""))
end

local function rows_of(count)
  local rows = {}
  for i = 1, count do
    rows[i] = ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, i % 3, i)
  end
  return table.concat(rows)
end

add("a batch with a site's script goes on behind the wall", function()
  shell.write(folder .. "/site.lua", [[
provider "site" { summary = "keys", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function() return "site-key" end }
]])
  local out, err, status = run('{"name":"a"}\n{"name":"b"}\n{"name":"c"}\n', ("--script %s/site.lua -j 2"):format(folder))
  suite.equal({ status, err }, { 0, "moonstep: 3 of 3 targets rendered\n" })
  suite.equal(select(2, out:gsub("secretName: site%-key\n", "")), 3)
end)

add("without --out, objects are printed", function()
  local out, _, status = run(rows_of(3), "-o name")
  suite.equal({ out, status },
    { "job.batch/postgres-backup-11-2-db-1\njob.batch/postgres-backup-11-2-db-2\njob.batch/postgres-backup-11-2-db-3\n", 0 })
end)

-- --- folders

-- fill(name of the folder, rows, options) -> messages, exit status
local function fill(name, rows, options)
  local out, err, status = run(rows, ("--out %s/%s %s"):format(folder, name, options or ""))
  suite.equal(out, "")
  return err, status
end

local function files_in(name)
  local found = {}
  for line in io.popen(("cd %s/%s && find . -type f | sed 's|^./||' | LC_ALL=C sort"):format(folder,
    name)):lines() do found[#found + 1] = line end
  return found
end

local function read(name) return shell.read(folder .. "/" .. name) end
local function mtime(name) return io.popen(("stat -c %%y %s/%s"):format(folder, name)):read "l" end
local function rule_of(err) return err:match "%[([%w-]+)%]" end

add("a file for each target, and a manifest", function()
  local err, status = fill("files", rows_of(3), "-q -j 2")
  suite.equal({ err, status }, { "", 0 })
  suite.equal(files_in "files", { "manifest.ndjson", "shop-0/db-3.yaml", "shop-1/db-1.yaml", "shop-2/db-2.yaml" })
  local lines = {}
  for line in read("files/manifest.ndjson"):gmatch "[^\n]+" do lines[#lines + 1] = line end
  suite.equal({ #lines, lines[1]:match '^{"format":"moonstep%-manifest/1","version":"[%d.]+","digest":"%x+"' ~= nil }, { 4, true })
  local digest = io.popen(("sha256sum < %s/files/shop-1/db-1.yaml"):format(folder)):read "l":match "%x+"
  suite.equal(lines[2],
    ('{"index":0,"namespace":"shop-1","name":"db-1","task":"postgres-backup-11.2","kind":"Job","file":"shop-1/db-1.yaml",'
    .. '"sha256":"%s","status":"rendered","findings":[]}'):format(digest))
end)

add("all files together are what is printed without --out", function()
  local whole = run(rows_of(600), "-q")
  fill("whole", rows_of(600), "-q -j 2 --out-name '{index}.yaml'")
  local texts = {}
  for i = 0, 599 do texts[#texts + 1] = "---\n" .. read(("whole/%d.yaml"):format(i)) end
  suite.equal(table.concat(texts) == whole, true)
  fill("parts", rows_of(600), "-q -j 2 --out-chunk 250")
  suite.equal(files_in "parts", { "manifest.ndjson", "part-00001.yaml", "part-00002.yaml", "part-00003.yaml" })
  suite.equal(read "parts/part-00001.yaml" .. read "parts/part-00002.yaml" .. read "parts/part-00003.yaml" == whole, true)
  suite.equal(select(2, read("parts/part-00003.yaml"):gsub("\n%-%-%-\n", "")), 99)
end)

add("the same folder for every number of workers, planned or not", function()
  for i, options in ipairs { "-j 1", "-j 2", "-j 3 --no-plan" } do fill("same" .. i, rows_of(700) .. '{"name":"No"}\n', "-q "
    .. options) end
  suite.equal(shell.run(("diff -r %s/same1 %s/same2 && diff -r %s/same1 %s/same3"):format(folder, folder, folder, folder)), "")
end)

add("a list of YAML that reaches over several chunks", function()
  local list = {}
  for i = 1, 25 do list[i] = ("- {name: db-%d, variables: {REPOSITORY_SECRET_NAME: k}}\n"):format(i) end
  shell.write(folder .. "/rows.yaml", table.concat(list))
  local _, err, status = shell.run(("%s render %s --targets %s/rows.yaml --out %s/list --out-chunk 10 -j 2"):format(shell.moonstep, TASK,
    folder, folder))
  suite.equal({ err, status }, { "moonstep: 25 of 25 targets rendered\n", 0 })
  for i, count in ipairs { 10, 10, 5 } do
    suite.equal(select(2, read(("list/part-%05d.yaml"):format(i)):gsub("kind: Job\n", "")), count)
  end
end)

add("names by all placeholders", function()
  fill("names", rows_of(2), "-q -o ndjson --out-name '{task}/{kind}.{index}/{namespace}_{name}.json'")
  suite.equal(files_in "names", { "manifest.ndjson", "postgres-backup-11.2/Job.0/shop-1_db-1.json",
    "postgres-backup-11.2/Job.1/shop-2_db-2.json" })
end)

add("names that lead out of the folder, or nowhere, are refused", function()
  for _, pattern in ipairs { "../{name}", "/tmp/{name}", "a//{name}", "{name}/", "./{name}", "{nam}", "{name", "", "manifest.ndjson",
    "{name}\1" } do
    local err, status = fill("never", rows_of(1), "--out-name " .. shell.quote(pattern))
    suite.equal({ status, err:match "^moonstep: %-%-out%-name" }, { 2, "moonstep: --out-name" }, pattern)
  end
  suite.equal(shell.exists(folder .. "/never"), false)
  local err = fill("never", rows_of(1), "--out-name '{nam}'")
  suite.equal(err:find("did you mean {name}?", 1, true) ~= nil, true)
end)

add("a link does not lead out of the folder", function()
  os.execute(("mkdir -p %s/linked %s/elsewhere && ln -s ../elsewhere %s/linked/shop-1"):format(folder, folder, folder))
  local err, status = fill("linked", rows_of(1), "")
  suite.equal({ status, rule_of(err), err:find("leads out of the folder", 1, true) ~= nil }, { 2, "unwritable", true })
  suite.equal(shell.entries(folder .. "/elsewhere"), {})
end)

add("two targets of one file are told, whichever workers have them", function()
  local rows = '{"name":"twin","namespace":"a","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n' .. rows_of(900)
    .. '{"name":"twin","namespace":"b","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'
  for _, options in ipairs { "-j 1", "-j 2", "-j 2 --no-plan" } do
    local err, status = fill("twins", rows, options .. " --out-name '{name}.yaml'")
    suite.equal({ status, err:match "error%[same%-file%]: ([^\n]*)" }, { 2,
      "twin.yaml is the file of target a/twin (row 1) and of target b/twin (row 902)" })
    suite.equal(shell.exists(folder .. "/twins/manifest.ndjson"), false)
  end
end)

add("what stays the same is not touched, and what is gone is told or removed", function()
  fill("again", rows_of(6), "-q")
  os.execute(("touch -d 2001-01-01 %s/again/*/*"):format(folder))
  local before = mtime "again/shop-1/db-4.yaml"
  local fewer = rows_of(5):gsub('"key%-2"', '"other"') -- without the only one of two, and with a change
  fewer = fewer:gsub('[^\n]*"db%-3"[^\n]*\n', "")
  local err = fill("again", fewer, "")
  suite.equal(mtime "again/shop-1/db-4.yaml", before)
  suite.equal(mtime "again/shop-2/db-2.yaml" ~= before, true)
  suite.equal(err:find("target shop-0/db-3 (row 3) is not among the targets any more", 1, true) ~= nil, true, err)
  suite.equal(shell.exists(folder .. "/again/shop-0/db-3.yaml"), true)
  fill("again", rows_of(6), "-q")
  shell.write(folder .. "/again/shop-0/own.txt", "mine")
  fill("again", fewer, "-q --prune")
  suite.equal(files_in "again", { "manifest.ndjson", "shop-0/own.txt", "shop-1/db-1.yaml", "shop-1/db-4.yaml", "shop-2/db-2.yaml",
    "shop-2/db-5.yaml" })
  fill("again", rows_of(1), "-q --prune")
  suite.equal(shell.entries(folder .. "/again"), { "manifest.ndjson", "shop-0", "shop-1" }) -- shop-2 is empty and gone
end)

add("files of targets that fail now stay", function()
  fill("failing", rows_of(2), "-q")
  local err, status = fill("failing", rows_of(1) .. '{"name":"db-2","namespace":"shop-2","task":"none"}\n', "-q --prune")
  suite.equal({ status, rule_of(err) }, { 2, "missing-object" })
  suite.equal(read("failing/manifest.ndjson"):match '"name":"db%-2".-\n':gsub('"findings":.*', ""),
    '"name":"db-2","task":"none","kind":null,"file":null,"sha256":null,"status":"failed",')
end)

add("findings stand in the manifest", function()
  shell.write(folder .. "/rule.lua", [[
rule "odd-name" { summary = "s", kinds = { "Job" }, severity = "error", check = function(job, report)
  if job.metadata.name:find "2$" then report(job.metadata, "name", "it ends in 2") end
end }
]])
  local _, status = fill("found", rows_of(3), ("-q --script %s/rule.lua"):format(folder))
  suite.equal(status, 1)
  local line = read("found/manifest.ndjson"):match '[^\n]*"name":"db%-2"[^\n]*'
  suite.equal(line:match '"status":.*', '"status":"withheld","findings":[{"rule":"odd-name","severity":"error","message":"it ends in 2",'
    .. line:match '"message":"it ends in 2",(.*)')
  suite.equal(shell.exists(folder .. "/found/shop-2/db-2.yaml"), false)
end)

add("a worker that is killed costs its target, and leaves nothing behind", function()
  shell.write(folder .. "/slower.lua", [[
local calls = 0
provider "slower" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function()
  calls = calls + 1
  for _ = 1, calls > 1 and 200000000 or 1 do end
  return "key"
end }
]])
  shell.write(folder .. "/rows.ndjson", '{"name":"a"}\n{"name":"b"}\n')
  local line = ("%s render %s --targets %s/rows.ndjson -j 1 --script %s/slower.lua --out %s/killed"):format(
    shell.moonstep, TASK, folder, folder, folder)
  local _, err, status = shell.run(line .. [[ & run=$!
    sleep 0.5; read loader rest < /proc/$run/task/$run/children; read worker rest < /proc/$loader/task/$loader/children
    kill -9 $worker; wait $run]])
  suite.equal({ status, rule_of(err) }, { 2, "crashed" }, err)
  suite.equal(files_in "killed", { "default/a.yaml", "manifest.ndjson" })
  suite.equal(read("killed/manifest.ndjson"):match '"name":"b".-"status":"(%l+)"', "failed")
end)

-- --- what is in the way

local function expect(name, options, rule, words, rows)
  local err, status = fill(name, rows or rows_of(2), options)
  suite.equal({ status, rule_of(err) }, { 2, rule }, err)
  suite.equal(err:find(words, 1, true) ~= nil, true, err)
end

add("a folder that is a file, or below one", function()
  shell.write(folder .. "/file", "")
  expect("file", "", "unwritable", "cannot write")
  expect("file/below", "", "unwritable", "cannot write")
end)

add("a manifest of another tool, or of a later version", function()
  os.execute(("mkdir -p %s/foreign"):format(folder))
  for _, text in ipairs { "{}\n", "", "hello\n", '{"format":"moonstep-manifest/99"}\n' } do
    shell.write(folder .. "/foreign/manifest.ndjson", text)
    expect("foreign", "", "bad-manifest", "is no manifest of moonstep")
    suite.equal({ files_in "foreign", read "foreign/manifest.ndjson" }, { { "manifest.ndjson" }, text })
  end
end)

add("something else has a file's name", function()
  os.execute(("mkdir -p %s/taken/shop-1/db-1.yaml"):format(folder))
  expect("taken", "", "unwritable", "there is a folder of that name")
end)

add("a disk that is full", function()
  local _, err, status = shell.run(("ulimit -f 1; %s render %s --targets %s/rows.ndjson --out %s/full"):format(shell.moonstep, TASK,
    folder, folder))
  suite.equal({ status, rule_of(err), err:find("File too large", 1, true) ~= nil }, { 2, "unwritable", true }, err)
  suite.equal(err:find("--resume", 1, true) ~= nil, true, err)
  suite.equal({ shell.exists(folder .. "/full/manifest.ndjson"), shell.exists(folder .. "/full/shop-1/db-1.yaml") }, { false, false })
  local said, status_now = fill("full", shell.read(folder .. "/rows.ndjson"), "--resume -q")
  suite.equal({ said, status_now }, { "", 0 })
  suite.equal(#files_in "full", 3)
end)

add("a folder that vanishes", function()
  shell.write(folder .. "/vanish.lua", [[
provider "slow" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function()
  for _ = 1, 100000000 do end
  return "key"
end }
]])
  shell.write(folder .. "/rows.ndjson", '{"name":"a"}\n{"name":"b"}\n')
  local line = ("%s render %s --targets %s/rows.ndjson --script %s/vanish.lua --out %s/vanishing"):format(shell.moonstep, TASK, folder,
    folder, folder)
  local _, err, status = shell.run(("(sleep 0.2; rm -rf %s/vanishing) & %s; status=$?; wait; exit $status"):format(folder, line))
  suite.equal({ status, rule_of(err) }, { 2, "unwritable" }, err)
end)

add("two runs do not write into one folder", function()
  local _, err, status = shell.run(("%s render %s --targets %s/rows.ndjson --script %s/vanish.lua --out %s/locked 2>/dev/null & sleep 0.2; "
    .. "flock -n %s/locked true && echo unlocked >&2; wait"):format(shell.moonstep, TASK, folder, folder, folder, folder))
  suite.equal({ err, status }, { "", 0 })
end)

add("behind the wall, a folder is filled too", function()
  local err, status = fill("walled", '{"name":"a"}\n{"name":"b"}\n', ("-q -j 2 --script %s/site.lua"):format(folder))
  suite.equal({ err, status }, { "", 0 })
  suite.equal(files_in "walled", { "default/a.yaml", "default/b.yaml", "manifest.ndjson" })
end)

add("options that go with --out alone", function()
  for _, options in ipairs { "--resume", "--prune", "--out-name x", "--out-chunk 2" } do
    local _, err, status = run(rows_of(1), options)
    suite.equal({ status, err:match "is for %-%-out FOLDER" }, { 2, "is for --out FOLDER" })
  end
  suite.equal(select(2, fill("never", rows_of(1), "--out-name '{name}' --out-chunk 3")), 2)
  suite.equal(select(2, fill("never", rows_of(1), "--out-chunk 0")), 2)
  suite.equal(select(2, fill("never", rows_of(1), "-o name")), 2)
end)

return stage.run()
