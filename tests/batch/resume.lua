-- Batches that are ended: with kill -9 at any moment, again and again until they come to their end, and by signals that they hear. What
-- is in the folder then is what a run leaves that nobody ended.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

-- In memory, where there is such a place: on a disk, most of the time goes into syncing what others write there.
local folder = io.popen("mktemp -d /dev/shm/moonstep.XXXXXX 2>/dev/null || mktemp -d"):read "l"

local KILLS = os.getenv "BRIEF" and 24 or 240 -- of all batches together

local rows = {}
for i = 1, 1000 do
  rows[i] = i % 97 == 0 and '{"name":"Bad Name"}\n'
    or ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, i % 7, i)
end
shell.write(folder .. "/rows.ndjson", table.concat(rows))

local TASK = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local function command(out, options)
  return ("%s render %s --targets %s/rows.ndjson --out %s/%s %s"):format(shell.moonstep, TASK, folder, folder, out, options)
end

local function same_folders(a, b)
  local said, err, status = shell.run(("diff -r %s/%s %s/%s && ls -A %s/%s"):format(folder, a, folder, b, folder, b))
  suite.equal({ status, err }, { 0, "" }, said:sub(1, 400))
  suite.equal(said:find "%.moonstep%-" or said:find "%.part", nil, said)
end

-- A random number up to 1, the same in every run.
local seed = 1
local function random()
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed / 2147483648
end

local tests, kills = {}, 0
local function add(name, f) tests[#tests + 1] = { name, f } end

-- Runs a command and kills it, and all that it has started, after some seconds. Returns its exit status; 137 when it was killed.
local function run_killed(line, after)
  local said = shell.run(("timeout -s KILL %.4f %s; echo $?"):format(after, line))
  return tonumber(said:match "(%d+)\n$")
end

-- How long a run takes that nobody ends.
local function seconds(line)
  local said = shell.run(("TIMEFORMAT=%%R bash -c 'time %s >/dev/null 2>&1' 2>&1"):format(line))
  return tonumber(said:match "([%d.]+)%s*$")
end

for _, how in ipairs { "-j 1", "-j 2", "-j 2 --no-plan", "-j 2 --out-chunk 100" } do
  add("killed and killed again, " .. how, function()
    local name = how:gsub("%W", "")
    local whole = seconds(command("whole" .. name, how))
    local limit = kills + KILLS / 4
    while kills < limit do
      os.execute(("rm -rf %s/killed%s"):format(folder, name))
      local status = 137
      for _ = 1, 12 do
        status = run_killed(command("killed" .. name, how .. " --resume"), random() * whole)
        if status ~= 137 then break end
        kills = kills + 1
      end
      if status == 137 then status = select(3, shell.run(command("killed" .. name, how .. " --resume"))) end
      suite.equal(status, 2) -- the bad rows
      same_folders("whole" .. name, "killed" .. name)
    end
  end)
end

add("so many kills", function() suite.equal(kills >= KILLS, true, "kills: " .. kills) end)

-- A provider that takes its time, so that there is something to interrupt.
local SLOW = [[
provider "slow" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function()
  local x = 0
  for i = 1, 6000000 do x = x + i end
  return "key"
end }
]]

local function slow_rows()
  local slow = {}
  for i = 1, 200 do slow[i] = ('{"name":"db-%d"}\n'):format(i) end
  return table.concat(slow)
end

for _, signal in ipairs { "INT", "TERM" } do
  add("SIG" .. signal .. " ends it behind a target, and it goes on", function()
    shell.write(folder .. "/slow.lua", SLOW)
    shell.write(folder .. "/slow.ndjson", slow_rows())
    local line = ("%s render %s --targets %s/slow.ndjson -j 2 --script %s/slow.lua "
      .. "--out %s/"):format(shell.moonstep, TASK, folder, folder, folder)
    local _, err, status = shell.run(("timeout --preserve-status -s %s 0.9 %ssignal%s"):format(signal, line, signal))
    suite.equal(err:find("not all targets were rendered", 1, true) ~= nil and err:find("--resume", 1, true) ~= nil, true, err)
    suite.equal(status, 130)
    local part = shell.read(("%s/signal%s/manifest.ndjson.part"):format(folder, signal))
    suite.equal({ part:sub(-1), shell.exists(("%s/signal%s/manifest.ndjson"):format(folder, signal)) }, { "\n", false })
    for file in part:gmatch '"file":"([^"]*)"' do suite.equal(shell.exists(("%s/signal%s/%s"):format(folder, signal, file)), true, file) end
    suite.equal(select(3, shell.run(("%ssignal%s --resume"):format(line, signal))), 0)
    suite.equal(select(3, shell.run(line .. "unended")), 0)
    same_folders("unended", "signal" .. signal)
  end)
end

add("what has changed is told, and nothing goes on", function()
  run_killed(command("changed", "-j 1"), 0.05)
  os.execute(("mkdir -p %s/changed"):format(folder)) -- where it was ended before it began
  shell.write(folder .. "/changed/manifest.ndjson.part", (shell.read(folder .. "/wholej1/manifest.ndjson"):gsub("\n.*", "\n", 1)))
  os.remove(folder .. "/changed/manifest.ndjson")
  local before = shell.read(folder .. "/rows.ndjson")
  shell.write(folder .. "/rows.ndjson", before .. '{"name":"one-more"}\n')
  local _, err, status = shell.run(command("changed", "--resume --set REPOSITORY_BUCKET=c"))
  shell.write(folder .. "/rows.ndjson", before)
  suite.equal(status, 2)
  suite.equal(err:match "error%[no%-resume%]: ([^\n]*)",
    "the run that was ended cannot go on: since then has changed: the rows of the targets, the options")
end)

add("a file that is not what the manifest says is rendered again", function()
  os.execute(("cp -a %s/wholej1 %s/damaged && mv %s/damaged/manifest.ndjson %s/damaged/manifest.ndjson.part"):format(folder, folder,
    folder, folder))
  shell.write(folder .. "/damaged/shop-3/db-101.yaml", "")
  os.remove(folder .. "/damaged/shop-4/db-704.yaml")
  suite.equal(select(3, shell.run(command("damaged", "-j 2 --resume"))), 2)
  same_folders("wholej1", "damaged")
end)

add("an object that was made before the run was ended is refused behind it, too", function()
  shell.write(folder .. "/twice.ndjson", table.concat(rows) .. rows[1])
  local line = ("%s render %s --targets %s/twice.ndjson --out %s/twice%%s"):format(shell.moonstep, TASK, folder,
    folder)
  local _, err, status = shell.run(line:format "1")
  suite.equal({ status, err:find("Job shop-1/postgres-backup-11-2-db-1 is made for an earlier row too", 1, true) ~= nil }, { 2, true }, err)
  os.execute(("cp -a %s/twice1 %s/twice2 && cd %s/twice2 && head -700 manifest.ndjson >manifest.ndjson.part && "
    .. "rm manifest.ndjson"):format(folder, folder, folder))
  suite.equal(select(3, shell.run(line:format "2" .. " --resume")), 2)
  same_folders("twice1", "twice2")
end)

add("rows from a pipe cannot go on", function()
  local line = ("%s render %s --targets - --out %s/pipe"):format(shell.moonstep, TASK, folder)
  local row = '{"name":"a","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'
  suite.equal(select(3, shell.run(line, row)), 0)
  local _, err, status = shell.run(line .. " --resume", row)
  suite.equal({ status, err:match "error%[no%-resume%]: ([^\n]*)" }, { 2,
    "rows from a pipe cannot be read again, so the run cannot go on" })
end)

local passed = suite.run("batch: resume", tests)
os.execute("rm -rf " .. folder)
return passed
