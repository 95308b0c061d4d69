-- Batches into folders: which files there are, what is in them, and what stands in the manifest.
-- Usage: moonstep-lua tests/batch/out.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local folder = assert(..., "out.lua FOLDER")
os.execute(("rm -rf %s; mkdir -p %s"):format(folder, folder))

local TASK = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local tests = {}
local function add(name, f) tests[#tests + 1] = { name, f } end

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
  suite.equal({ out, status }, { "job.batch/postgres-backup-11-2-db-1\njob.batch/postgres-backup-11-2-db-2\njob.batch/postgres-backup-11-2-db-3\n", 0 })
end)

return suite.run("batch: out", tests)
