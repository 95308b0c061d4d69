-- Batches into a folder while allocations, or calls that write to files, fail: one of them, or all from one on, in the process that
-- coordinates or in workers. Whatever fails, no file is there by halves, no target is lost without a message, the exit status is that of a
-- clean run or 2, and the same command can go on. Usage: moonstep-lua tests/faults/batch.lua FAILMALLOC [all]
local shell = dofile "tests/lib/shell.lua"

local PRELOAD, ALL = ...
PRELOAD = assert(io.popen("realpath " .. assert(PRELOAD, "batch.lua FAILMALLOC"))):read "l"
local folder = io.popen("mktemp -d /dev/shm/moonstep.XXXXXX 2>/dev/null || mktemp -d"):read "l"

local ROWS, PIECES = 300, 60 -- targets, so that there are several pieces; and of those in chunks
local MOST = ALL and math.maxinteger or 12 -- allocations of a kind of process that fail, evenly spread

local rows = {}
for i = 1, ROWS do
  rows[i] = ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, i % 3, i)
end
shell.write(folder .. "/rows.ndjson", table.concat(rows))
shell.write(folder .. "/few.ndjson", table.concat(rows, "", 1, PIECES))
shell.write(folder .. "/site.lua", [[
provider "site" { summary = "keys", variables = { "OTHER", "REPOSITORY_BUCKET" }, resolve = function(name) return "b" end }
]])

local LINE = ("%s render -f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b -j 2 "):format(shell.moonstep)
local SCENARIOS = {
  { "files", ("--targets %s/rows.ndjson"):format(folder) },
  { "chunks", ("--targets %s/few.ndjson --out-chunk 10"):format(folder) },
  { "a site's script", ("--targets %s/few.ndjson --out-name '{name}.yaml' --script %s/site.lua"):format(folder, folder) },
}

local runs, bad, survived = 0, 0, 0
local about

local function complain(why, err)
  bad = bad + 1
  if bad <= 10 then print(("not ok faults in a batch: %s: %s\n%s"):format(about, why, err:sub(1, 600))) end
end

-- The files of a folder, by their names, without what a run has begun and not ended.
local function files_of(path)
  local found = {}
  local pipe = io.popen(("cd %s 2>/dev/null && find . -type f"):format(path))
  for name in pipe:lines() do
    name = name:sub(3)
    if not name:find "%.moonstep%-" then found[name] = shell.read(path .. "/" .. name) end
  end
  pipe:close()
  return found
end

-- The targets that whole lines of a manifest name.
local function targets_of(text)
  local all, failed = {}, 0
  for line in (text or ""):gmatch "([^\n]*)\n" do
    local file, status = line:match '"file":"?([^",]*)"?,.-"status":"(%l+)"'
    if status then all[#all + 1] = { file = file, status = status, told = not line:find('"findings":[]', 1, true) } end
    if status == "failed" then failed = failed + 1 end
  end
  return all, failed
end

-- What a run with a fault has left. Returns whether its manifest tells of targets that failed.
local function judge_folder(want, got, err, status)
  local whole = got["manifest.ndjson"]
  local targets, failed = targets_of(whole or got["manifest.ndjson.part"])
  for name, bytes in pairs(got) do
    if not name:find "^manifest%.ndjson" and bytes ~= want[name] then complain("half a file, or another one: " .. name, err) end
  end
  for _, each in ipairs(targets) do
    if each.status == "rendered" and not got[each.file] then complain("the manifest names what is not there: " .. each.file, err) end
    if each.status == "failed" and not each.told then complain("a target failed without a word", err) end
  end
  local count = #targets_of(want["manifest.ndjson"])
  if whole and #targets ~= count then complain(("%d targets of %d"):format(#targets, count), err) end
  if status == 0 and (not whole or failed > 0) then complain("a clean run that is none", err) end
  return failed > 0
end

-- The same command without a fault makes it whole.
local function go_on(line, out, want_path, anew)
  local _, err, status = shell.run(line .. (anew and " -q" or " -q --resume"))
  local differs = shell.run(("diff -r %s %s"):format(want_path, out))
  if status ~= 0 or differs ~= "" then complain(("it does not go on: status %d, %s"):format(status, differs:sub(1, 200)), err) end
end

-- One run with a fault; kind is "memory" or "writes".
local function run(scenario, process, kind, at, on)
  local out, want_path = folder .. "/out", folder .. "/want"
  local line = LINE .. scenario[2] .. " --out " .. out
  about = ("%s, %s of %s %d%s"):format(scenario[1], kind, process, at, on and " and on" or "")
  runs = runs + 1
  os.execute("rm -rf " .. out)
  local environment = ("FAULT_IN=%s FAULT_OF=%s FAULT_AT=%d %s LD_PRELOAD=%s "):format(process, kind, at, on and "FAULT_ON=1" or "",
    PRELOAD)
  local _, err, status = shell.run("timeout -s KILL 30 env " .. environment .. line)
  if status ~= 0 and status ~= 2 then complain("exit status " .. status, err) end
  if status == 2 and not err:find("error[", 1, true) then complain("no message", err) end
  if status == 0 then survived = survived + 1 end
  local failed = judge_folder(scenario.want, files_of(out), err, status)
  if status == 0 and shell.run(("diff -r %s %s"):format(want_path, out)) ~= "" then complain("status 0, and it differs", err) end
  if status ~= 0 then go_on(line, out, want_path, failed) end
end

-- How many there are of the kind in a process.
local function count(scenario, process, kind)
  local report = folder .. "/report"
  os.execute(("rm -rf %s/out %s"):format(folder, report))
  shell.run(("FAULT_IN=%s FAULT_OF=%s FAULT_REPORT=9 LD_PRELOAD=%s %s --out %s/out 9<>%s"):format(process, kind, PRELOAD,
    LINE .. scenario[2], folder, report))
  return ("i8"):unpack(shell.read(report))
end

for _, scenario in ipairs(SCENARIOS) do
  os.execute(("rm -rf %s/want"):format(folder))
  assert(select(3, shell.run(LINE .. scenario[2] .. (" --out %s/want"):format(folder))) == 0)
  scenario.want = files_of(folder .. "/want")
  for _, process in ipairs { "loader", "worker" } do
    for _, kind in ipairs { "memory", "writes" } do
      local all = count(scenario, process, kind)
      local step = math.max(1, all // (kind == "memory" and MOST or 3 * MOST))
      for at = 1, all, step do
        run(scenario, process, kind, at, false)
        run(scenario, process, kind, at, true)
      end
    end
  end
end

-- --- shards that are put together

-- One merge with a fault: the manifests of shards are there still, or the manifest of all is.
local function run_merge(kind, at, on)
  local out = folder .. "/out"
  about = ("merge, %s %d%s"):format(kind, at, on and " and on" or "")
  runs = runs + 1
  os.execute(("rm -rf %s && cp -a %s/shards %s"):format(out, folder, out))
  local environment = ("FAULT_OF=%s FAULT_AT=%d %s LD_PRELOAD=%s "):format(kind, at, on and "FAULT_ON=1" or "", PRELOAD)
  local _, err, status = shell.run(("%s timeout -s KILL 30 %s merge %s"):format(environment, shell.moonstep, out))
  if status ~= 0 and status ~= 2 then complain("exit status " .. status, err) end
  if status == 2 and not err:find("error[", 1, true) then complain("no message", err) end
  if status == 0 then survived = survived + 1 end
  if status == 2 then shell.run(("%s merge %s"):format(shell.moonstep, out)) end -- of which nothing may be left to do
  if shell.run(("diff -r -x '.moonstep-*' %s/want %s"):format(folder, out)) ~= "" then complain("it cannot be done again", err) end
end

do
  os.execute(("rm -rf %s/want"):format(folder))
  shell.run(LINE .. SCENARIOS[1][2] .. (" --out %s/want"):format(folder))
  for shard = 1, 2 do shell.run(("%s %s --out %s/shards --shard %d/2"):format(LINE, SCENARIOS[1][2], folder, shard)) end
  for _, kind in ipairs { "memory", "writes" } do
    local report = folder .. "/report"
    shell.run(("rm -rf %s/out && cp -a %s/shards %s/out && FAULT_OF=%s FAULT_REPORT=9 LD_PRELOAD=%s %s merge %s/out 9<>%s"):format(folder,
      folder, folder, kind, PRELOAD, shell.moonstep, folder, report))
    local all = ("i8"):unpack(shell.read(report))
    for at = 1, all, math.max(1, all // (3 * MOST)) do
      run_merge(kind, at, false)
      run_merge(kind, at, true)
    end
  end
end

os.execute("rm -rf " .. folder)
print(("faults in batches: %d runs, %d of them as if nothing had failed, %d bad"):format(runs, survived, bad))
return bad == 0 and runs > 100 and survived > 0 and survived < runs
