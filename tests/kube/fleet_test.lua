-- The memory of `moonstep run --targets` over many short Jobs, against a server whose Jobs are over at once (fleet.py): fleet_test.lua
-- FOLDER [number of Jobs]. It must stay below 32 MiB and not grow with the Jobs.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local usage = dofile "tests/lib/usage.lua"

local FOLDER, JOBS = ..., math.tointeger(tonumber((select(2, ...)))) or 1000
local MOST, GROWTH = 32 * 1024, 4 * 1024 -- KiB: the collector takes its time, and one Job is some 20 of them

if select(3, shell.run "python3 -c '' && cat /proc/self/smaps_rollup") ~= 0 then
  print "unit: memory of many Jobs: there is no python3, or the kernel does not tell what memory processes take, so nothing was run"
  return true
end

local server = shell.start("python3 tests/kube/fleet.py " .. FOLDER, FOLDER .. "/port")

shell.write(FOLDER .. "/kubeconfig", ([[
clusters: [{name: k, cluster: {server: "http://127.0.0.1:%s"}}]
users: [{name: u, user: {token: good-token}}]
contexts: [{name: c, context: {cluster: k, user: u, namespace: "n"}}]
current-context: c
]]):format(shell.read(FOLDER .. "/port"):match "%d+"))

shell.write(FOLDER .. "/task.yaml", shell.read "tests/kube/one-step.yaml")

local rows = {}
for i = 1, JOBS do rows[i] = ('{"name":"db-%d"}\n'):format(i) end
shell.write(FOLDER .. "/rows.ndjson", table.concat(rows))

-- How many Jobs have been made.
local function made() return shell.exists(FOLDER .. "/made") and tonumber(shell.read(FOLDER .. "/made")) or 0 end

-- Runs them. Returns what was said, the exit status, and { jobs, kib } over the time.
local function run()
  local out, seen = FOLDER .. "/out", {}
  local line = ("cd %s && env -u KUBECONFIG %s run -f task.yaml --task t --targets rows.ndjson --queue %s/queue --kubeconfig kubeconfig "
    .. "--max-running 20 -j 1"):format(FOLDER, shell.moonstep, FOLDER)
  os.execute(("( (%s) >%s 2>&1; echo $? >%s.status ) &"):format(line, out, out))
  while not shell.exists(out .. ".status") or shell.read(out .. ".status") == "" do
    local jobs, kib = made(), usage(FOLDER .. "/queue")
    if kib > 0 and jobs > 0 then seen[#seen + 1] = { jobs = jobs, kib = kib } end
    os.execute "sleep 0.05"
  end
  return shell.read(out), tonumber(shell.read(out .. ".status")), seen
end

local function most_between(seen, from, to)
  local most = 0
  for _, each in ipairs(seen) do
    if each.jobs >= from and each.jobs <= to then most = math.max(most, each.kib) end
  end
  return most
end

local passed = suite.run("memory of many Jobs", { { JOBS .. " Jobs", function()
  local said, status, seen = run()
  suite.equal(status, 0, said:sub(-1000))
  suite.equal(said:find(("%d of %d targets are complete"):format(JOBS, JOBS), 1, true) ~= nil, true, said:sub(-1000))
  local early, late = most_between(seen, JOBS // 8, JOBS // 2), most_between(seen, JOBS // 2, JOBS)
  print(("unit: memory of %d Jobs: %.1f MiB in the first half, %.1f MiB in the second"):format(JOBS, early / 1024, late / 1024))
  assert(early > 0 and late > 0, "nothing was seen of the run")
  assert(math.max(early, late) < MOST, "it takes too much")
  assert(late - early < GROWTH, "it grows")
end } })
server:close()
return passed
