-- The catalogue from end to end, by `moonstep run --local` on podman: data that was generated, the backup Task, the data gone, the restore
-- Task, and every row, key or file compared. Then each fault of faults.lua: it must be told, and the earlier backup must still restore.
--
--   tests/e2e/machine build/moonstep-lua tests/e2e/run.lua [--short] [NAME]...     `make e2e`, `make e2e-short`
--
-- A system is a table of systems/ and, where it has a server, a row of images/table; --short takes those of SHORT, only one of them
-- with faults, and is skipped where podman cannot start a container.
local Site = dofile "tests/e2e/site.lua"
local faults = dofile "tests/e2e/faults.lua"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local SHORT = { postgres = "with faults", redis = "alone" }
local COMMON = { "restic/restic:0.16.4", "moonstep:" .. shell.run(shell.moonstep .. " version"):match "%S+%s+(%S+)" }

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 3) end end

-- --- what a test does

local function is_whole(site, before)
  suite.equal(site.system.state(site), before, "the state behind the restore")
  suite.equal(site:left(), "", "what is left behind the restore")
end

local function destroy_and_restore(site, before)
  local system = site.system
  system.destroy(site)
  local ran = site:restore()
  if system.revive then system.revive(site) end
  contains(ran.out, "] moonstep: the restore is done")
  is_whole(site, before)
end

local function comes_back(site)
  if site.system.server then site:start() end
  site.system.fill(site)
  site.before = site.system.state(site)
  contains(site:backup().out, "] moonstep: the backup is done: snapshot ")
  destroy_and_restore(site, site.before)
end

local function is_told(site, fault)
  local ran = fault.make(site)
  local mended, why = pcall(fault.mend, site)
  local words = site.system[fault.words] or fault.words
  suite.equal(ran.status, fault.status, ran.out .. ran.err)
  contains(ran.out .. ran.err, words)
  if fault.status ~= 0 and fault.words ~= "failed with exit status 137" then
    contains(ran.out, "moonstep: error[backup-failed]: the backup failed: step ")
  end
  for _, secret in ipairs { "wrong one", site.secret or "wrong one" } do
    assert(not (ran.out .. ran.err):find(secret, 1, true), "a secret shows")
  end
  assert(mended, why)
  suite.equal(site:left(), "", "what is left of the backup")
  destroy_and_restore(site, site.before)
end

-- A test that says how long it took.
local function timed(name, test)
  return { name, function()
    local began = os.time()
    test()
    print(("e2e: %s: %d s"):format(name, os.time() - began))
    io.stdout:flush()
  end }
end

-- --- which tests there are

-- Tests of a system, which share a site: behind the first, each is about one fault.
local function tests_of(system, with_faults)
  local site
  local list = { timed(system.name .. " comes back", function()
    site = Site.new(system)
    faults.prepare(site)
    comes_back(site)
    site.good = true
  end) }
  for _, fault in ipairs(with_faults and faults or {}) do
    if not fault.needs or system[fault.needs] then
      list[#list + 1] = timed(("%s: %s"):format(system.name, fault.name), function()
        assert(site and site.good, "there is no backup to begin with")
        site.good = false
        is_told(site, fault)
        site.good = true
      end)
    end
  end
  list[#list + 1] = { system.name .. " leaves nothing", function()
    if not site then return end
    faults.release(site)
    site:close()
  end }
  return list
end

-- Whether podman starts a container here: a shell of this machine in a folder. If not, why.
local function is_possible()
  local _, err, status = shell.run [[
    [ "$(id -u)" = 0 ] || { echo "it takes root, for file systems of its own" >&2; exit 1; }
    command -v podman >/dev/null || { echo "podman is not installed" >&2; exit 1; }
    root=$(mktemp -d) && cp "$(command -v sh)" "$root/sh" && mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root/etc" "$root/run"
    for library in $(ldd "$root/sh" | grep -o '/[^ ]*'); do mkdir -p "$root${library%/*}"; cp "$library" "$root$library"; done
    podman run --rm --network host --rootfs "$root" /sh -c :
    status=$?
    rm -rf "$root"
    exit $status]]
  return status == 0, err:match "[^\n]*[^%s][^\n]*" or ("it ended with " .. status)
end

local function chosen(names, short)
  local list = {}
  for _, file in ipairs(shell.entries "tests/e2e/systems") do
    local name = file:match "^(.*)%.lua$"
    if names[name] or not next(names) and (not short or SHORT[name]) then list[#list + 1] = dofile("tests/e2e/systems/" .. file) end
  end
  return list
end

local short, names = false, {}
for _, word in ipairs { ... } do
  if word == "--short" then short = true else names[word] = true end
end
local possible, why = is_possible()
if not possible then
  print(("e2e: podman starts no container here, so nothing was run: %s"):format(why))
  return short
end

local images, tests = table.move(COMMON, 1, #COMMON, 1, {}), {}
local systems = chosen(names, short)
for _, system in ipairs(systems) do images[#images + 1] = system.image end
Site.command("tests/e2e/images/build %s", table.concat(images, " "))
for _, system in ipairs(systems) do
  local more = tests_of(system, system.login and not (short and SHORT[system.name] == "alone"))
  table.move(more, 1, #more, #tests + 1, tests)
end
return suite.run("e2e", tests)
