-- The same input gives the same bytes: under another locale, time zone, home, environment, working folder, order of files and
-- memory layout.
local shell = dofile "tests/lib/shell.lua"

local here = io.popen("pwd"):read "l"
local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"

-- What is rendered each way; %s stands for the repository's folder.
local JOBS = {
  "render -f %s/examples/postgres",
  "render -f %s/examples/postgres --config %s/examples/site/moonstep.yaml --today 2026-01-01 -o json",
  "check -f %s/examples/postgres --config %s/examples/site/moonstep.yaml --today 2100-01-01 --format ndjson",
  "explain -f %s/examples/postgres -o json",
  "render -f %s/tests/conformance/cases/04-backup-variables -f %s/tests/conformance/cases/44-backup-batch --keep-going -o ndjson",
  "render -f %s/tests/conformance/cases/17-missing-variable --keep-going",
  "render -f %s/tests/messages/cases/unknown-field --task pg-nightly --script %s/tests/messages/cases/script-modules/modules.lua "
    .. "--template modules --format ndjson",
}

local VARIANTS = {
  { "another locale", "LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8" },
  { "a German locale, where there is one", "LC_ALL=de_DE.UTF-8" },
  { "another time zone", "TZ=Pacific/Kiritimati" },
  { "another home and terminal", "HOME=/nonexistent TERM=xterm-256color COLUMNS=20" },
  { "an empty environment", "env -i" },
  { "another working folder", "cd / &&" },
  { "another memory layout", "setarch -R" },
  { "once more", "" },
}

local function run(job, prefix)
  local line = job:gsub("%%s", here)
  return table.concat({ shell.run(("%s %s %s"):format(prefix, shell.quote(tool), line)) }, "\0")
end

local passed, failed = 0, 0
local function check(ok, what)
  if ok then passed = passed + 1 else
    failed = failed + 1
    print("not ok " .. what)
  end
end

for _, job in ipairs(JOBS) do
  local want = run(job, "")
  for _, variant in ipairs(VARIANTS) do check(run(job, variant[2]) == want, ("%s: %s"):format(variant[1], job)) end
end

-- Files in another order give the same objects, in another order at most: one session, so the same bytes.
local files = { "functions", "task", "backup" }
local function with_order(a, b, c)
  local line = "render"
  for _, i in ipairs { a, b, c } do line = line .. (" -f %%s/examples/postgres/%s.yaml"):format(files[i]) end
  return run(line, "")
end
check(with_order(1, 2, 3) == with_order(3, 2, 1) and with_order(1, 2, 3) == with_order(2, 3, 1), "files in another order")

print(("repeat: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
