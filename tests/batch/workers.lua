-- Batches whose workers are killed, crash, hang or run out of something; readers that are slow or go away; interrupts.
-- Usage: moonstep-lua tests/batch/workers.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: workers", ...)

local folder, add, write = stage.folder, stage.add, stage.write

local POSTGRES = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local function rows_of(count, keyed)
  local rows = {}
  for i = 1, count do
    rows[i] = keyed and ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'):format(i) or ('{"name":"db-%d"}\n'):format(i)
  end
  return write("rows.ndjson", table.concat(rows))
end

-- A provider that is slow at some targets.
local site = write("site.lua", [[
provider "site" { summary = "keys", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function(_, ctx)
  local name = ctx:variable "TARGET_NAME"
  if name == "db-spin" then while true do end end
  if name == "db-eat" then
    local all = {}
    for i = 1, math.maxinteger do all[i] = ("x"):rep(1000) .. i end
  end
  if name == "db-raise" then error "no key" end
  if name:find "^db%-slow" then
    local x = 0
    for i = 1, 3000000 do x = x + i end
  end
  return "key-" .. name
end }
]])
local long = write("long.yaml", "limits: {cpu: 60s, wall: 60s}\n")
local WALL = os.getenv "BRIEF" and "3.0" or "1.0" -- seconds; builds for which tests are brief are slow
local short = write("short.yaml", ("limits: {cpu: 60s, wall: %ss, memory: 8Mi}\n"):format(WALL:sub(1, 1)))

-- --- batches in the background

-- Starts a command line; `wait` gives its status. What it prints is in the files out and err.
local function start(line)
  os.execute(("rm -f %s/status %s/pid"):format(folder, folder))
  local script = write("script.sh",
    ("%s >%s/out 2>%s/err &\necho $! >%s/pid\nwait $!\necho $? >%s/status.new\nmv %s/status.new %s/status\n"):format(line,
    folder, folder, folder, folder, folder, folder))
  os.execute(("sh %s >/dev/null 2>&1 &"):format(script))
end

local function until_true(what, f)
  for _ = 1, 600 do
    local result = f()
    if result then return result end
    os.execute "sleep 0.05"
  end
  error(("it never came to this: %s; it said: %s"):format(what, shell.exists(folder .. "/err") and shell.read(folder .. "/err") or ""), 2)
end

local function wait()
  until_true("the end", function() return shell.exists(folder .. "/status") end)
  return tonumber(shell.read(folder .. "/status"))
end

local function pid() return until_true("a start", function() return shell.exists(folder .. "/pid") and shell.read(folder
  .. "/pid"):match "%d+" end) end

-- The processes below one, by their parents: { pid, ticks of CPU time }.
local function children(parent)
  local pipe, all = io.popen "cat /proc/[0-9]*/stat 2>/dev/null", {}
  for line in pipe:lines() do
    local id, rest = line:match "^(%d+) %(.*%) (.*)$"
    local fields = {}
    for field in rest:gmatch "%S+" do fields[#fields + 1] = field end
    if fields[2] == parent then all[#all + 1] = { pid = id, ticks = tonumber(fields[12]) } end
  end
  pipe:close()
  return all
end

local function workers(of)
  local loader = children(of or pid())[1]
  return loader and children(loader.pid) or {}
end

-- Starts a batch whose output another command line reads. Returns its process; the file its has its exit status in the end.
local function start_piped(line, reader)
  os.execute(("rm -f %s/batch %s/its"):format(folder, folder))
  start(("sh -c '%s & echo $! >%s/batch; wait $!; echo $? >%s/its' | (%s)"):format(line, folder, folder, reader))
  return until_true("a start", function() return shell.exists(folder .. "/batch") and shell.read(folder .. "/batch"):match "%d+" end)
end

-- The worker that has been busy for a while.
local function busy_worker(ticks)
  return until_true("a worker that is busy", function()
    for _, each in ipairs(workers()) do
      if each.ticks >= ticks then return each.pid end
    end
  end)
end

local function batch(options) return ("%s render %s --script %s %s"):format(shell.moonstep, POSTGRES, site, options) end

-- Rows of which one is at `name`.
local function rows_with(name)
  return write("with.ndjson", '{"name":"db-1"}\n{"name":"db-2"}\n{"name":"' .. name .. '"}\n{"name":"db-4"}\n{"name":"db-5"}\n')
end

local OTHERS = "job.batch/postgres-backup-11-2-db-1\njob.batch/postgres-backup-11-2-db-2\n"
  .. "job.batch/postgres-backup-11-2-db-4\njob.batch/postgres-backup-11-2-db-5\n"

-- --- tests

for _, count in ipairs { 1, 2 } do
  for signal, words in pairs { KILL = "signal 9 (Killed)", SEGV = "signal 11 (Segmentation fault)", ABRT = "signal 6 (Aborted)" } do
    add(("-j %d: a worker that is ended by %s costs one target"):format(count, signal), function()
      start(batch(("--config %s --targets %s -j %d -o name"):format(long, rows_with "db-spin", count)))
      os.execute(("kill -%s %s"):format(signal, busy_worker(30)))
      suite.equal(wait(), 2)
      suite.equal(shell.read(folder .. "/out"), OTHERS)
      local err = shell.read(folder .. "/err")
      assert(err:find("with.ndjson:3:1: error[crashed]: its worker was ended by " .. words, 1, true), err)
      assert(err:find("target db-spin", 1, true) and err:find("4 of 5 targets rendered, 1 failed", 1, true), err)
    end)
  end

  add(("-j %d: a worker that is stuck is ended when its time is up"):format(count), function()
    start(batch(("--config %s --targets %s -j %d -o name"):format(short, rows_with "db-spin", count)))
    os.execute("kill -STOP " .. busy_worker(8)) -- only the kernel's clock reaches it
    suite.equal(wait(), 2)
    suite.equal(shell.read(folder .. "/out"), OTHERS)
    local err = shell.read(folder .. "/err")
    assert(err:find("with.ndjson:3:1: error[crashed]: it took more than " .. WALL .. " s of wall clock and was ended", 1, true), err)
  end)

  add(("-j %d: limits and errors of scripts cost one target"):format(count), function()
    for name, id in pairs { ["db-spin"] = "time-limit", ["db-eat"] = "memory-limit", ["db-raise"] = "script" } do
      local out, err, status = shell.run(batch(("--config %s --targets %s -j %d -o name"):format(short, rows_with(name), count)))
      suite.equal({ out, status }, { OTHERS, 2 }, name)
      assert(err:find("error[" .. id .. "]", 1, true) and err:find("4 of 5 targets rendered, 1 failed", 1, true), err)
    end
  end)
end

add("a worker that is killed between pieces is nothing to tell of", function()
  local path = rows_of(30000, true)
  local want = shell.run(("%s render %s --targets %s"):format(shell.moonstep, POSTGRES, path))
  for _, count in ipairs { 1, 2 } do
    local started = start_piped(("%s render %s --targets %s -j %d"):format(shell.moonstep, POSTGRES, path, count), "sleep 1; cat")
    os.execute "sleep 0.5" -- the pipe is full, and all wait
    local killed = 0
    for _, each in ipairs(workers(started)) do
      os.execute("kill -KILL " .. each.pid)
      killed = killed + 1
    end
    wait()
    suite.equal({ killed == count, shell.read(folder .. "/its"), shell.read(folder .. "/out") == want }, { true, "0\n", true }, "-j "
      .. count)
  end
end)

add("a slow reader slows it down, and memory does not grow", function()
  local path = rows_of(60000, true)
  local started = start_piped(("%s render %s --targets %s -j 2"):format(shell.moonstep, POSTGRES, path), "sleep 2; cat")
  os.execute "sleep 1"
  local most, processes = 0, { started, children(started)[1].pid }
  for _, each in ipairs(workers(started)) do processes[#processes + 1] = each.pid end
  suite.equal(#processes, 4)
  for _, id in ipairs(processes) do most = math.max(most, tonumber(shell.read("/proc/" .. id .. "/status"):match "VmHWM:%s*(%d+)")) end
  wait()
  local out = shell.read(folder .. "/out")
  suite.equal(select(2, out:gsub("\nkind: Job\n", "")), 60000)
  assert(most > 0 and most < 60000, ("a process has taken %d KiB, and the output has %d"):format(most, #out // 1024))
end)

add("a reader that goes away ends it, without an error", function()
  local path = rows_of(60000, true)
  for _, count in ipairs { 1, 2 } do
    local out = shell.run(("( %s render %s --targets %s -j %d 2>%s/err; echo $? >%s/its ) | head -c 100"):format(shell.moonstep, POSTGRES,
      path, count, folder, folder))
    suite.equal({ #out, shell.read(folder .. "/its") }, { 100, "0\n" })
    local err = shell.read(folder .. "/err")
    assert(err:find "^moonstep: [%d,]+ of [%d,]+ targets rendered, and nobody reads on\n$", err)
  end
end)

add("messages that nobody reads stop nothing", function()
  local path = write("bad.ndjson", ('{"name":"No"}\n'):rep(3000) .. '{"name":"z","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n')
  local out = shell.run(("( %s render %s --targets %s -o name 2>&3 >%s/out; echo $? >%s/its ) 3>&1 | "
    .. "head -c 100 >/dev/null"):format(shell.moonstep, POSTGRES,
    path, folder, folder))
  suite.equal({ out, shell.read(folder .. "/out"), shell.read(folder .. "/its") }, { "", "job.batch/postgres-backup-11-2-z\n", "2\n" })
end)

add("a disk that is full is said", function()
  for _, count in ipairs { 1, 2 } do
    local _, err, status = shell.run(("%s render %s --targets %s -j %d >/dev/full"):format(shell.moonstep, POSTGRES, rows_of(3000, true),
      count))
    suite.equal(status, 2)
    assert(err:find("error[output]: cannot write the output: No space left on device", 1, true), err)
  end
end)

add("both streams may be one file", function()
  local lines = {}
  for i = 1, 2000 do lines[i] = i % 3 == 0 and '{"name":"No"}\n' or
    ('{"name":"db-%d","variables":{"REPOSITORY_SECRET_NAME":"k"}}\n'):format(i) end
  local path = write("mixed.ndjson", table.concat(lines))
  local out, err = shell.run(("%s render %s --targets %s -j 3"):format(shell.moonstep, POSTGRES, path))
  for _, how in ipairs { ">%s/both 2>&1", ">>%s/both 2>&1" } do
    os.execute("rm -f " .. folder .. "/both")
    shell.run(("%s render %s --targets %s -j 3 " .. how):format(shell.moonstep, POSTGRES, path, folder))
    local both = shell.read(folder .. "/both")
    suite.equal({ #both, select(2, both:gsub("bad%-row", "")) }, { #out + #err, 666 }, how)
  end
end)

for _, signal in ipairs { "INT", "TERM" } do
  for _, count in ipairs { 1, 3 } do
    add(("-j %d: after SIG%s, what was begun is whole"):format(count, signal), function()
      local rows = {}
      for i = 1, 2000 do rows[i] = ('{"name":"db-slow-%d"}\n'):format(i) end
      local path = write("slow.ndjson", table.concat(rows))
      start("exec env --default-signal=INT " .. batch(("--config %s --targets %s -j %d -o name"):format(long, path, count)))
      busy_worker(20)
      os.execute(("kill -%s %s"):format(signal, pid()))
      suite.equal(wait(), 130)
      local done = 0
      for name in io.lines(folder .. "/out") do
        done = done + 1
        suite.equal(name, ("job.batch/postgres-backup-11-2-db-slow-%d"):format(done))
      end
      local err = shell.read(folder .. "/err")
      suite.equal(err, ("moonstep: %d of %d targets rendered, interrupted\n"):format(done, done))
      assert(done > 0 and done < 2000, done)
    end)
  end
end

add("two signals at once are one interrupt, a later one ends it", function()
  local rows = {}
  for i = 1, 2000 do rows[i] = ('{"name":"db-slow-%d"}\n'):format(i) end
  local path = write("slow.ndjson", table.concat(rows))
  start("exec " .. batch(("--config %s --targets %s -j 2 -o name"):format(long, path)))
  busy_worker(20)
  os.execute(("kill -TERM %s; sleep 0.05; kill -TERM %s"):format(pid(), pid()))
  suite.equal(wait(), 130)
  start("exec " .. batch(("--config %s --targets %s -j 2 -o name"):format(long, rows_with "db-spin")))
  busy_worker(20)
  os.execute(("kill -TERM %s; sleep 1.2; kill -TERM %s"):format(pid(), pid()))
  suite.equal(wait(), 128 + 15)
end)

return stage.run()
