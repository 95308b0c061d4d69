-- The catalogue from end to end, by `moonstep run --local` on podman, or by `moonstep run` on a cluster: data that was generated, the
-- backup Task, the data gone, the restore Task, and every row, key or file compared. Then each fault of faults.lua and cluster_faults.lua:
-- it must be told, and the earlier backup must still restore.
--
--   tests/e2e/machine build/moonstep-lua tests/e2e/run.lua [--short | --cluster] [NAME]...
--
-- `make e2e`, `make e2e-short`, `make e2e-cluster` do that. NAME is a system (postgres) or one of its versions (postgres-13).
--
-- A system is a table of systems/ and, where it has a server, a row of images/table. What its table says of a version goes before what it
-- says of all: { version = that of the Task, if it has one, image = the server's, client_image = that of the steps, if it is another,
-- restic_image = that of restic, if it is not the catalogue's, title = what tests call it ("postgres 13") }. The first version has all
-- faults; another those alone that its programs tell of themselves, and runs on podman only, but where it is named.
--
-- --short takes the first version of those of SHORT, only one of them with faults, and is skipped where podman cannot start a container.
-- --cluster takes the cluster of KUBECONFIG; cluster.lua says what for.
local Site = dofile "tests/e2e/site.lua"
local faults = dofile "tests/e2e/faults.lua"
local cluster_faults = dofile "tests/e2e/cluster_faults.lua"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local SHORT = { postgres = "with faults", redis = "alone" }
local COMMON = { "restic/restic:0.16.4", "moonstep:" .. shell.run(shell.moonstep .. " version"):match "%S+%s+(%S+)" }

local machine = dofile "tests/e2e/podman.lua"
table.move(cluster_faults, 1, #cluster_faults, #faults + 1, faults)

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 3) end end

-- --- what a test does

-- What the session of the last run says, where one is kept.
local function is_told_to_be(site, phase, words)
  local told = site:told()
  if not told then return end
  suite.equal(told.phase, phase, "the session's phase")
  if words then contains(told.error or "", words) end
  return told
end

local function is_whole(site, before)
  suite.equal(site.system.state(site), before, "the state behind the restore")
  suite.equal(site:left(), "", "what is left behind the restore")
end

local function destroy_and_restore(site, before)
  local system = site.system
  system.destroy(site)
  local ran = site:restore()
  is_told_to_be(site, "Succeeded")
  if system.revive then system.revive(site) end
  contains(ran.out, "] moonstep: the restore is done")
  is_whole(site, before)
end

local function comes_back(site)
  if site.system.server then site:start() end
  site.system.fill(site)
  site.before = site.system.state(site)
  local ran = site:backup()
  contains(ran.out, "] moonstep: the backup is done: snapshot ")
  local told = is_told_to_be(site, "Succeeded")
  if told then
    contains(ran.out, told.snapshot)
    suite.equal({ told.integrity, told.snapshots }, { true, 1 }, "what the Repository says")
  end
  destroy_and_restore(site, site.before)
end

local function is_told(site, fault)
  local ran = fault.make(site)
  local mended, why = pcall(fault.mend, site)
  local words = site.system[fault.words] or fault.words
  suite.equal(ran.status, fault.status, ran.out .. ran.err)
  local told = fault.status ~= 0 and not fault.last_step_is_silent and "moonstep: error[backup-failed]: the backup failed: step "
  contains(told and ran.out:match("%[backup%-failed%][^\n]*") or ran.out .. ran.err, words)
  if told then contains(ran.out, told) end
  assert(machine.name ~= "podman" or not ran.out:find "warning%[metrics%]", "nobody named a Pushgateway") -- a cluster has a default
  for _, secret in ipairs { "wrong one", site.secret or "wrong one" } do
    assert(not (ran.out .. ran.err):find(secret, 1, true), "a secret shows")
  end
  assert(mended, why)
  suite.equal(site:left(), "", "what is left of the backup")
  is_told_to_be(site, fault.status == 0 and "Succeeded" or "Failed", fault.status ~= 0 and words)
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

-- Whether a fault can be made for a system here. What a cluster does takes some seconds, for which the system has to hold still.
local function can_be_made(fault, system)
  if fault.only and fault.only ~= machine.name then return false end
  if fault.needs == "hold" and system.impatient and machine.name == "cluster" then return false end
  return not fault.needs or system[fault.needs] ~= nil
end

-- The faults of a system in one version; of all but its first, those that tell whether that version's programs are understood.
local function faults_of(system)
  local list = {}
  for _, fault in ipairs(faults) do
    if can_be_made(fault, system) and (system.is_first or fault.told_by == (system.server and "server" or "restic")) then
      list[#list + 1] = fault
    end
  end
  return list
end

-- Tests of a system, which share a site: behind the first, each is about one fault.
local function tests_of(system, with_faults)
  local site
  local list = { timed(system.title .. " comes back", function()
    site = Site.new(system, machine)
    comes_back(site)
    site.good = true
  end) }
  for _, fault in ipairs(with_faults and faults_of(system) or {}) do
    list[#list + 1] = timed(("%s: %s"):format(system.title, fault.name), function()
      assert(site and site.good, "there is no backup to begin with")
      site.good = false
      is_told(site, fault)
      site.good = true
    end)
  end
  list[#list + 1] = { system.title .. " leaves nothing", function()
    if not site then return end
    site:close()
  end }
  return list
end

-- A system in each of its versions.
local function versions_of(system)
  local list = {}
  for i, version in ipairs(system.versions or { {} }) do
    version.is_first = i == 1
    version.title = version.title or table.concat({ system.name, version.version }, " ")
    list[i] = setmetatable(version, { __index = system })
  end
  return list
end

local function chosen(names, short)
  local list = {}
  for _, file in ipairs(shell.entries "tests/e2e/systems") do
    local system = dofile("tests/e2e/systems/" .. file)
    for _, version in ipairs(versions_of(system)) do
      local by_system = names[system.name] or not next(names) and (not short or SHORT[system.name])
      local by_version = names[version.title:gsub("[, ]+", "-")]
      if (by_version or by_system and (version.is_first or machine.name == "podman" and not short))
        and (not system.only or system.only == machine.name) then list[#list + 1] = version end
    end
  end
  return list
end

local short, names = false, {}
for _, word in ipairs { ... } do
  if word == "--short" then short = true
  elseif word == "--cluster" then machine = dofile "tests/e2e/cluster.lua"
  else names[word] = true end
end
local possible, why = machine.is_possible()
if not possible then
  print("e2e: nothing was run: " .. why)
  return short
end

local images, tests = { machine.TOOLS }, {}
table.move(COMMON, 1, #COMMON, #images + 1, images)
local systems = chosen(names, short)
for _, system in ipairs(systems) do
  for _, field in ipairs { "image", "client_image", "restic_image" } do images[#images + 1] = system[field] end
end
Site.command("tests/e2e/images/build %s", table.concat(images, " "))
machine.images(images)
for _, system in ipairs(systems) do
  local more = tests_of(system, not (short and SHORT[system.name] == "alone"))
  table.move(more, 1, #more, #tests + 1, tests)
end
local finish = machine.set_up()
local passed = suite.run("e2e", tests)
finish()
return passed
