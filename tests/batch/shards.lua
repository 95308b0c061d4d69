-- Shards that fill one folder, side by side or one after the other, killed or not: merged, they are what one run leaves.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

-- In memory, where there is such a place: on a disk, most of the time goes into syncing what others write there.
local folder = io.popen("mktemp -d /dev/shm/moonstep.XXXXXX 2>/dev/null || mktemp -d"):read "l"

local tests = {}
local function add(name, f) tests[#tests + 1] = { name, f } end

local KILLS = os.getenv "BRIEF" and 9 or 48 -- of shards, in all
local SHARDS = 3
local TASK = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local function row(i, namespace)
  return ('{"name":"db-%d","namespace":"%s","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, namespace or "shop-" .. i % 7, i)
end

local function rows_of(count, bad)
  local rows = {}
  for i = 1, count do rows[i] = bad and i % bad == 0 and '{"name":"Bad Name"}\n' or row(i) end
  return table.concat(rows)
end

local function write(name, text)
  shell.write(folder .. "/" .. name, text)
  return folder .. "/" .. name
end

local ROWS = write("rows.ndjson", rows_of(1000, 97))

-- A command line that renders into a folder; a number is that of a shard.
local function command(out, options, shard, rows)
  return ("%s render %s --targets %s --out %s/%s %s %s"):format(shell.moonstep, TASK, rows or ROWS, folder, out, options or "",
    shard and ("--shard %d/%d"):format(shard, SHARDS) or "")
end

local function merge(out, options) return shell.run(("%s merge %s/%s %s"):format(shell.moonstep, folder, out, options or "")) end

local function same_folders(a, b, about)
  local said, err, status = shell.run(("diff -r %s/%s %s/%s && ls -A %s/%s"):format(folder, a, folder, b, folder, b))
  suite.equal({ status, err }, { 0, "" }, (about or "") .. said:sub(1, 400))
  suite.equal(said:find "%.moonstep%-" or said:find "%.part" or said:find "%-of%-", nil, said)
end

-- Runs command lines at the same time. Returns their exit statuses, and what they said.
local function together(lines)
  local statuses, said = {}, {}
  for i, ended in ipairs(shell.beside(lines, folder, #lines)) do said[i], statuses[i] = table.unpack(ended) end
  return statuses, said
end

local function all_shards(out, options, rows)
  local lines = {}
  for i = 1, SHARDS do lines[i] = command(out, options, i, rows) end
  return lines
end

-- --- what comes of them

add("shards at the same time, merged, are what one run leaves", function()
  for i, options in ipairs { "-j 1", "-j 2", "-j 2 --no-plan", "--out-chunk 100", "--out-chunk 64 -j 2", "--out-chunk 5000",
    "-o ndjson --out-name '{index}.json'" } do
    local whole, parts = "whole" .. i, "parts" .. i
    suite.equal(select(3, shell.run(command(whole, options))), 2)
    suite.equal(together(all_shards(parts, options)), options:find "5000" and { 0, 0, 2 } or { 2, 2, 2 }, options)
    local out, err, status = merge(parts)
    suite.equal({ out, err, status }, { "", "moonstep: 990 of 1,000 targets rendered, 10 failed\n", 0 }, options)
    same_folders(whole, parts, options)
  end
end)

add("rows that stand in one document", function()
  local list = {}
  for i = 1, 700 do list[i] = ("- {name: l-%d, variables: {REPOSITORY_SECRET_NAME: k}}\n"):format(i) end
  local rows = write("list.yaml", "name: first\nvariables: {REPOSITORY_SECRET_NAME: k}\n---\n" .. table.concat(list))
  for i, options in ipairs { "", "--out-chunk 50" } do
    local whole, parts = "list" .. i, "list-parts" .. i
    shell.run(command(whole, options, nil, rows))
    suite.equal(together(all_shards(parts, options, rows)), { 0, 0, 0 })
    local lines = select(2, shell.read(("%s/%s/manifest-2-of-3.ndjson"):format(folder, parts)):gsub("\n", ""))
    assert(lines > 200 and lines < 300, lines)
    suite.equal({ merge(parts, "-q") }, { "", "", 0 })
    same_folders(whole, parts)
  end
end)

add("targets of a script, and a shard that goes on with them", function()
  local script = write("fleet.lua", [[
targets "fleet" { summary = "all", each = function(emit)
  for i = 1, 900 do emit { name = "db-" .. i, variables = { REPOSITORY_SECRET_NAME = "k" .. i } } end
end }
]])
  local options = "--script " .. script
  shell.run(command("fleet", options, nil, "fleet"))
  suite.equal(together(all_shards("fleet-parts", options, "fleet")), { 0, 0, 0 })
  os.execute(("cd %s/fleet-parts && head -100 manifest-2-of-3.ndjson >manifest-2-of-3.ndjson.part && rm manifest-2-of-3.ndjson")
    :format(folder))
  local before = shell.run(("stat -c %%i %s/fleet-parts/default/db-301.yaml"):format(folder))
  suite.equal({ shell.run(command("fleet-parts", options .. " --resume -q", 2, "fleet")) }, { "", "", 0 })
  suite.equal((shell.run(("stat -c %%i %s/fleet-parts/default/db-301.yaml"):format(folder))), before)
  suite.equal({ merge("fleet-parts", "-q") }, { "", "", 0 })
  same_folders("fleet", "fleet-parts")
end)

-- --- what is killed

-- A random number up to 1, the same in every run.
local seed = 7
local function random()
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed / 2147483648
end

local function killed(line, seconds) return ("timeout -s KILL %.4f %s"):format(seconds, line) end

local function seconds_of(line)
  local said = shell.run(("TIMEFORMAT=%%R bash -c 'time %s >/dev/null 2>&1' 2>&1"):format(line))
  return tonumber(said:match "([%d.]+)%s*$")
end

add("killed and killed again, all at the same time", function()
  local kills = 0
  for i, options in ipairs { "-j 1", "-j 2 --out-chunk 100", "-j 2 --no-plan" } do
    local whole, parts = "whole" .. ({ 1, 4, 3 })[i], "killed" .. i
    local most = seconds_of(command(parts, options, 2)) * 1.3
    while kills < KILLS * i / 3 do
      os.execute(("rm -rf %s/%s"):format(folder, parts))
      local open, rounds = { 1, 2, 3 }, 0
      while open[1] do
        rounds = rounds + 1
        local lines, left = {}, {}
        for k, shard in ipairs(open) do
          lines[k] = command(parts, options .. " --resume", shard)
          if rounds < 12 then lines[k] = killed(lines[k], random() * most) end
        end
        local statuses, said = together(lines)
        for k, status in ipairs(statuses) do
          if status == 137 then
            left[#left + 1], kills = open[k], kills + 1
          else suite.equal(status, 2, said[k]) end
        end
        open = left
      end
      for _ = 1, 3 do shell.run(killed(("%s merge %s/%s"):format(shell.moonstep, folder, parts), random() * 0.06) .. "; true") end
      merge(parts) -- nothing may be left to do
      same_folders(whole, parts, options)
    end
  end
end)

add("a merge that was ended behind its manifest is done to its end", function()
  shell.run(("cp -a %s/whole1 %s/ended"):format(folder, folder))
  local lines = {}
  for line in io.lines(folder .. "/ended/manifest.ndjson", "L") do lines[#lines + 1] = line end
  local function shard(number, from, to) -- the first targets have the number 0
    write(("ended/manifest-%d-of-3.ndjson"):format(number), lines[1] .. table.concat(lines, "", from + 2, to + 1))
  end
  shard(1, 0, 333)
  shard(2, 333, 666)
  suite.equal({ merge "ended" }, { "", "moonstep: 990 of 1,000 targets rendered, 10 failed\n", 0 })
  same_folders("whole1", "ended")
  shard(1, 0, 333)
  shard(3, 666, 1000)
  local _, err, status = merge "ended"
  suite.equal({ status, err:match "error%[no%-merge%]: ([^\n]*)" }, { 2, "shard 2 of 3 is not there" })
end)

-- --- what does not go together

local function refused(words, out, err, status)
  suite.equal({ out, status }, { "", 2 }, err)
  assert(err:find(words, 1, true), err)
end

add("two targets of one file, or two rows of one target, in different shards", function()
  local function shards(name, rows, options)
    local path = write(name .. ".ndjson", rows)
    os.execute(("rm -rf %s/%s"):format(folder, name))
    suite.equal(together(all_shards(name, options, path)), { 0, 0, 0 })
    return merge(name)
  end
  refused("error[same-file]: db-1.yaml is the file of target a/db-1 (row 1) and of target b/db-1 (row 302)",
    shards("twins", row(1, "a") .. rows_of(300):gsub("db%-1\"", "db-0\"") .. row(1, "b"), "--out-name '{name}.yaml'"))
  suite.equal(shell.exists(folder .. "/twins/manifest.ndjson"), false)
  refused("error[same-name]: target shop-1/db-1 (row 1) is there again in row 301",
    shards("again", rows_of(300) .. row(1), "--out-name '{index}.yaml'"))
end)

add("targets that are gone are told by the merge, which removes their files", function()
  local function fill(count)
    together(all_shards("gone", "", write("gone.ndjson", rows_of(count))))
    suite.equal(shell.exists(("%s/gone/shop-%d/db-%d.yaml"):format(folder, 20 % 7, 20)), true)
  end
  fill(20)
  suite.equal({ merge("gone", "-q") }, { "", "", 0 })
  fill(18)
  local _, err, status = merge("gone", "--prune")
  suite.equal({ status, select(2, err:gsub("info%[removed%-target%]", "")), err:match "target [^\n]*" }, { 0, 2,
    "target shop-5/db-19 (row 19) is not among the targets any more" })
  suite.equal({ shell.exists(folder .. "/gone/shop-5/db-19.yaml"), shell.exists(folder .. "/gone/shop-5/db-12.yaml") }, { false, true })
  refused("for `moonstep merge`", shell.run(command("gone", "--prune", 1)))
end)

add("shards that have not come to their end, or are of different runs", function()
  refused("there are no manifests of shards", merge "whole1")
  refused("error[unreadable]", merge "none-of-all")
  local small = write("small.ndjson", rows_of(30))
  for i = 1, 2 do shell.run(command("some", "", i, small)) end
  refused("shard 3 of 3 is not there", merge "some")
  refused("holds a shard of 3, of another run", shell.run(command("some", "", nil, small)))
  refused("holds a shard of 3, of another run", shell.run(command("some", "--shard 1/2", nil, small)))
  shell.run(command("some", "--set REPOSITORY_BUCKET=c", 3, small))
  refused("shards 1 and 3 are of different runs: since then has changed: the options", merge "some")
  shell.run(command("some", "", 3, small))
  write("some/manifest-2-of-3.ndjson.part", "x")
  refused("shard 2 of 3 has not come to its end", merge "some")
  os.remove(folder .. "/some/manifest-2-of-3.ndjson.part")
  write("some/manifest-1-of-2.ndjson", "x")
  refused("there are shards of 2 and of 3", merge "some")
  os.remove(folder .. "/some/manifest-1-of-2.ndjson")
  suite.equal({ shell.exists(folder .. "/some/manifest.ndjson"), select(3, merge "some"), shell.exists(folder .. "/some/manifest.ndjson") },
    { false, 0, true })
end)

add("a shard has one run at a time, and the folder no other run beside shards", function()
  local site = write("slow.lua", [[
provider "slow" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function()
  for _ = 1, 150000000 do end
  return "key"
end }
]])
  local rows = write("three.ndjson", '{"name":"a"}\n{"name":"b"}\n{"name":"c"}\n')
  local config = write("long.yaml", "limits: {cpu: 60s, wall: 60s}\n")
  local line = command("locked", ("--script %s -j 1 --config %s"):format(site, config), 1, rows)
  local _, err = shell.run(line .. (" & sleep 0.3; for l in 1 2 3; do flock -n %s/locked/.moonstep-$l-of-3.lock "
    .. "true || echo $l >&2; done; flock -n %s/locked true || echo all >&2; wait"):format(folder, folder))
  suite.equal(err:gsub("moonstep:[^\n]*\n", ""), "1\nall\n")
end)

local passed = suite.run("batch: shards", tests)
os.execute("rm -rf " .. folder)
return passed
