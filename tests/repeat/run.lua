-- The same input gives the same bytes: under another locale, time zone, home, environment, user, working folder, order of files, memory
-- layout and contents, number of processors. Nothing of the network is needed: what servers say comes from recordings.
--
-- Everything is copied to a folder that all users may read. Lua seeds its hashes with addresses and the time, so each run has other seeds.
local shell = dofile "tests/lib/shell.lua"

local stage = io.popen("mktemp -d"):read "l"
os.execute(("cp %s %s/moonstep && cp -r examples tests/repeat/site tests/conformance/cases tests/messages/cases/unknown-field "
  .. "tests/messages/cases/script-modules policies %s && chmod -R a+rX %s"):format(shell.quote(shell.moonstep), stage, stage, stage))
assert(os.execute(("localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 && localedef -i tr_TR -f UTF-8 %s/tr_TR.UTF-8"):format(stage, stage)),
  "localedef and its sources are needed (package locales)")
local locales = ("LOCPATH=%s LC_ALL="):format(stage)

-- What is rendered each way; %s stands for the folder.
local ODD = "-f https://tasks.example/task.yaml --config %s/site/moonstep.yaml --replay %s/site/recorded --task odd --template odd "
  .. "--today 2026-01-01"
local JOBS = {
  "render -f %s/examples/postgres",
  "render -f %s/examples/postgres --config %s/examples/site/moonstep.yaml --today 2026-01-01 -o json",
  "check -f %s/examples/postgres --config %s/examples/site/moonstep.yaml --today 2100-01-01 --format ndjson",
  "explain -f %s/examples/postgres -o json",
  "render -f %s/cases/04-backup-variables -f %s/cases/44-backup-batch --keep-going -o ndjson",
  "render -f %s/cases/17-missing-variable --keep-going",
  "render -f %s/unknown-field --task pg-nightly --script %s/script-modules/modules.lua --template modules --format ndjson",
  "render --emit-all " .. ODD,
  "check --format sarif " .. ODD,
  "check --format html " .. ODD,
  "check --policy backup -f %s/examples/postgres --today 2100-01-01 --report html=-",
  "explain -o json " .. ODD,
  "check --policy kubernetes --policy backup --policy shell --policy pod-security/restricted -R -f %s/examples --task t --format junit",
  "test %s/examples --coverage",
  "grants --config %s/examples/site/moonstep.yaml",
}

local NOISE = ("x"):rep(3000)
local VARIANTS = {
  { "another locale", "env LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8" },
  { "a German locale", "env " .. locales .. "de_DE.UTF-8" },
  { "a Turkish locale", "env " .. locales .. "tr_TR.UTF-8" },
  { "another time zone", "env TZ=EAST-14" },
  { "another home and terminal", "env HOME=/nonexistent TERM=xterm-256color COLUMNS=20 LINES=5 NO_COLOR=1" },
  { "an empty environment", "env -i" },
  { "a full environment", "env LUA_PATH=/x LUA_INIT=error XDG_CONFIG_HOME=/x TMPDIR=/x SSL_CERT_FILE=/x OPENSSL_CONF=/x NOISE=" .. NOISE },
  { "a proxy", "env http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1" },
  { "another working folder", "cd / &&" },
  { "another umask", "umask 077 &&" },
  { "another user", "setpriv --reuid 65534 --regid 65534 --clear-groups" },
  { "a fixed memory layout", "setarch -R" },
  { "memory that is not empty", "env MALLOC_PERTURB_=85" },
  { "other contents of memory", "env MALLOC_PERTURB_=170 MALLOC_TOP_PAD_=1000000" },
  { "one processor", "taskset -c 0" },
  { "a small stack and few files", "ulimit -s 2048 && ulimit -n 64 &&" },
  { "once more", "" }, { "a third time", "" }, { "a fourth time", "" }, { "a fifth time", "" },
}

local function run(job, prefix)
  local line = job:gsub("%%s", stage)
  return table.concat({ shell.run(("%s %s/moonstep %s"):format(prefix, stage, line)) }, "\0")
end

local passed, failed = 0, 0
local function check(ok, what)
  if ok then passed = passed + 1 else
    failed = failed + 1
    print("not ok " .. what)
  end
end

local wants = {}
for i, job in ipairs(JOBS) do
  wants[i] = run(job, "")
  check(not wants[i]:find "Try `moonstep" and not wants[i]:find "error%[internal%]" and #wants[i] > 50, "it does something: " .. job)
  for _, variant in ipairs(VARIANTS) do check(run(job, variant[2]) == wants[i], ("%s: %s"):format(variant[1], job)) end
end

os.execute(("find %s -exec touch -d @86400 {} +"):format(stage))
for i, job in ipairs(JOBS) do check(run(job, "") == wants[i], "files of another time: " .. job) end

-- --- files in another order

-- One session, so whatever the order of the files, the same bytes.
local files = { "functions", "task", "backup" }
local function with_order(a, b, c)
  local line = "render"
  for _, i in ipairs { a, b, c } do line = line .. (" -f %%s/examples/postgres/%s.yaml"):format(files[i]) end
  return run(line, "")
end
check(with_order(1, 2, 3) == with_order(3, 2, 1) and with_order(1, 2, 3) == with_order(2, 3, 1), "files in another order")

-- A folder whose entries were made in that order. In memory, where there is such a file system, they stand as they were made.
local function folder_of(sources)
  local folder = io.popen "mktemp -d -p /dev/shm 2>/dev/null || mktemp -d":read "l"
  os.execute(("mkdir %s/one %s/one/values; chmod -R a+rX %s"):format(folder, folder, folder))
  for _, source in ipairs(sources) do
    os.execute(("cp %s %s/one/%s"):format(shell.quote(source), folder, source:match "values/[^/]+$" or source:match "[^/]+$"))
  end
  return folder
end

local function backwards(list)
  local other = {}
  for i = #list, 1, -1 do other[#other + 1] = list[i] end
  return other
end

local sources = {}
for _, name in ipairs(shell.entries "examples/postgres") do sources[#sources + 1] = "examples/postgres/" .. name end
for _, name in ipairs(shell.entries "tests/repeat/site/values") do sources[#sources + 1] = "tests/repeat/site/values/" .. name end
for _, name in ipairs(shell.entries "policies/backup") do sources[#sources + 1] = "policies/backup/" .. name end
sources[#sources + 1] = "tests/repeat/list.lua"
for _, name in ipairs { "unknown-field/all.yaml", "wrong-types/function.yaml" } do
  sources[#sources + 1] = "tests/messages/cases/" .. name
end
local one, other = folder_of(sources), folder_of(backwards(sources))
for _, job in ipairs { "check -f . --policy backup", "render -f . --keep-going --script list.lua --template list --grant read=values",
  "test . --coverage" } do
  check(run(job, ("cd %s/one &&"):format(one)) == run(job, ("cd %s/one &&"):format(other)), "entries in another order: " .. job)
end

os.execute(("rm -rf %s %s %s"):format(stage, one, other))
print(("repeat: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
