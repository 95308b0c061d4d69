-- Disks that are full, folders that may not be written, inputs that go away, while a batch fills a folder: what is said, and that no file
-- is there by halves. What a full disk does to standard output is in workers.lua, names of files are in out.lua, signals in resume.lua.
-- Usage: moonstep-lua tests/batch/trouble.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: trouble", ...)

local folder, add, write = stage.folder, stage.add, stage.write
local TASK = "-f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b"

local function rows_of(count)
  local rows = {}
  for i = 1, count do
    rows[i] = ('{"name":"db-%d","namespace":"shop-%d","variables":{"REPOSITORY_SECRET_NAME":"key-%d"}}\n'):format(i, i % 3, i)
  end
  return table.concat(rows)
end

local ROWS = write("rows.ndjson", rows_of(600))

local function render(options) return shell.run(("%s render %s %s"):format(shell.moonstep, TASK, options)) end

local function rule_of(err) return err:match "%[([%w-]+)%]" end

-- --- a disk that is full

-- A small disk of our own, in memory, on which `f` works. False where none can be had.
local function on_disk(size, f)
  local path = folder .. "/disk"
  os.execute(("mkdir -p %s"):format(path))
  if not os.execute(("mount -t tmpfs -o size=%s moonstep-test %s 2>/dev/null"):format(size, path)) then return false end
  local ok, why = pcall(f, path)
  os.execute(("umount %s"):format(path))
  if not ok then error(why, 0) end
  return true
end

-- Whether all files of a folder are those of another one, which may have more.
local function all_whole(some, whole)
  local pipe, count = io.popen(("cd %s && find . -type f -name '*.yaml'"):format(some)), 0
  for name in pipe:lines() do
    suite.equal(shell.read(some .. "/" .. name) == shell.read(whole .. "/" .. name), true, name)
    count = count + 1
  end
  pipe:close()
  return count
end

for about, options in pairs { files = "-j 1", chunks = "-j 2 --out-chunk 40" } do
  add("a disk that gets full, with " .. about, function()
    local whole = folder .. "/whole-" .. about
    render(("--targets %s --out %s %s"):format(ROWS, whole, options))
    local mounted = on_disk("1500k", function(disk)
      local line = ("--targets %s --out %s/out %s"):format(ROWS, disk, options)
      local out, err, status = render(line)
      suite.equal({ out, status, rule_of(err) }, { "", 2, "unwritable" }, err)
      assert(err:find("No space left on device", 1, true) and err:find("--resume", 1, true), err)
      suite.equal({ shell.exists(disk .. "/out/manifest.ndjson"), shell.exists(disk .. "/out/manifest.ndjson.part") }, { false, true })
      local count = all_whole(disk .. "/out", whole)
      assert(count > 0 and count < 600, count)
      for file in shell.read(disk .. "/out/manifest.ndjson.part"):gmatch '"file":"([^"]*)"[^\n]*\n' do
        suite.equal(shell.exists(disk .. "/out/" .. file), true, file)
      end
      os.execute(("mount -o remount,size=64m %s"):format(disk))
      suite.equal({ render(line .. " --resume -q") }, { "", "", 0 })
      suite.equal({ shell.run(("diff -r %s %s/out"):format(whole, disk)) }, { "", "", 0 })
    end)
    if not mounted then print "batch: trouble: a disk that gets full is passed over: nothing can be mounted here" end
  end)
end

add("a disk without room for the first byte", function()
  on_disk("16k", function(disk)
    os.execute(("head -c 100k /dev/zero >%s/taken 2>/dev/null"):format(disk))
    local _, err, status = render(("--targets %s --out %s/out"):format(ROWS, disk))
    suite.equal({ status, rule_of(err) }, { 2, "unwritable" }, err)
    assert(err:find("No space left on device", 1, true), err)
  end)
end)

-- --- what may not be written, or read; root may do anything, so another user tries

local other = shell.run("id -u") == "0\n" and select(3, shell.run "command -v setpriv") == 0
  and "setpriv --reuid=65534 --regid=65534 --clear-groups " or nil

-- Runs it as somebody else, with a copy of what is needed in a place that everybody may enter.
local function as_other(f)
  if not other then return print "batch: trouble: what only others may not do is passed over: this needs root and setpriv" end
  local place = io.popen "mktemp -d":read "l"
  os.execute(("cp %s %s/moonstep; cp -r examples/postgres %s/postgres; cp %s %s/rows.ndjson; chmod -R a+rX %s"):format(shell.moonstep,
    place, place, ROWS, place, place))
  local function go(options)
    return shell.run(("cd %s && %s ./moonstep render -f postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b %s"):format(place,
      other, options))
  end
  local ok, why = pcall(f, place, go)
  os.execute("rm -rf " .. place)
  if not ok then error(why, 0) end
end

add("folders that may not be written", function()
  as_other(function(place, go)
    os.execute(("mkdir -p %s/closed %s/half/shop-1 && chown 65534 %s/half"):format(place, place, place))
    for path, where in pairs { closed = "closed", ["none/below"] = "none/below", half = "half/shop-1/db-1.yaml" } do
      local _, err, status = go("--targets rows.ndjson --out " .. path)
      suite.equal({ status, err:match "^[^\n]*" }, { 2, "moonstep: error[unwritable]: cannot write " .. where .. ": Permission denied" })
    end
    suite.equal({ shell.entries(place .. "/closed"), shell.entries(place .. "/half/shop-1"), shell.exists(place .. "/none") },
      { {}, {}, false })
    os.execute(("chown 65534 %s/half/shop-1"):format(place))
    suite.equal({ go "--targets rows.ndjson --out half --resume -q" }, { "", "", 0 })
    os.execute(("chmod 0 %s/rows.ndjson"):format(place))
    local _, err, status = go "--targets rows.ndjson --out half"
    suite.equal({ status, err }, { 2, "moonstep: error[unreadable]: cannot read rows.ndjson: Permission denied\n" })
  end)
end)

-- --- what goes away

add("inputs that are not there leave a folder as it was", function()
  local out = folder .. "/kept"
  render(("--targets %s --out %s -q"):format(ROWS, out))
  local before = shell.run(("find %s -type f | xargs sha256sum"):format(out))
  for _, line in ipairs { ("-f %s/none.yaml --targets %s"):format(folder, ROWS), ("--targets %s/none.ndjson"):format(folder),
    ("--targets %s --script %s/none.lua"):format(ROWS, folder), ("--targets %s --config %s/none.yaml"):format(ROWS, folder) } do
    local said, err, status = render(("%s --out %s --prune"):format(line, out))
    suite.equal({ said, status, rule_of(err), select(2, err:gsub("\n", "")) }, { "", 2, "unreadable", 1 }, err)
    assert(err:find(folder .. "/none", 1, true), err)
    suite.equal(shell.run(("find %s -type f | xargs sha256sum"):format(out)) == before, true, line)
  end
end)

local SLOW = write("slow.lua", [[
provider "slow" { summary = "s", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function()
  for _ = 1, 3000000 do end
  return "key"
end }
]])

add("rows that are removed while they are read are rendered", function()
  local rows = {}
  for i = 1, 60 do rows[i] = ('{"name":"db-%d"}\n'):format(i) end
  local path = write("going.ndjson", table.concat(rows))
  local _, err, status = shell.run(("(sleep 0.3; rm %s) & %s render %s --targets %s --script %s --out %s/going; status=$?; wait; "
    .. "exit $status"):format(path, shell.moonstep, TASK, path, SLOW, folder))
  suite.equal({ status, err, shell.exists(path) }, { 0, "moonstep: 60 of 60 targets rendered\n", false })
end)

add("a reader that wants one line gets it", function()
  for _, options in ipairs { "-o name", "-o ndjson -j 1", "--progress=json" } do
    local out = shell.run(("{ %s render %s --targets %s %s 2>%s/err; echo $? >%s/its; } | head -1"):format(shell.moonstep, TASK, ROWS,
      options, folder, folder))
    suite.equal({ select(2, out:gsub("\n", "")), shell.read(folder .. "/its") }, { 1, "0\n" })
    suite.equal(shell.read(folder .. "/err"):find "error%[", nil)
  end
end)

return stage.run()
