-- What a batch tells while it goes on: a line on a terminal (tmux), JSON for machines, nothing otherwise.
-- Usage: moonstep-lua tests/batch/progress.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local stage = dofile "tests/lib/stage.lua"("batch: progress", ...)

local folder, add = stage.folder, stage.add

-- Each target takes some milliseconds; every 100th fails.
shell.write(folder .. "/site.lua", [[
provider "site" { summary = "keys", variables = { "REPOSITORY_SECRET_NAME" }, resolve = function(_, ctx)
  local x = 0
  for i = 1, 300000 do x = x + i end
  if ctx:variable("TARGET_NAME"):find "00$" then error "no key" end
  return "key"
end }
]])
local rows = {}
for i = 1, 2000 do rows[i] = ('{"name":"db-%d"}\n'):format(i) end
shell.write(folder .. "/rows.ndjson", table.concat(rows))

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local LINE = ("%s render -f examples/postgres --task postgres-backup-11.2 --set REPOSITORY_BUCKET=b "
  .. "--script %s/site.lua -j 2 -o name"):format(tool, folder)

add("machines get JSON lines", function()
  local _, err, status = shell.run(("%s --targets %s/rows.ndjson --progress json --format ndjson"):format(LINE, folder))
  suite.equal(status, 2)
  local progress, last = 0, nil
  for line in err:gmatch "[^\n]+" do
    if line:find '^{"progress":' then
      local targets, rendered, failed, rate, done = line:match
        '^{"progress":{"targets":(%d+),"rendered":(%d+),"failed":(%d+),"withheld":0,"rate":(%d+),"done":([%d.]+),?"?l?e?f?t?"?:?%d*}}$'
      assert(targets and tonumber(rendered) + tonumber(failed) == tonumber(targets) and tonumber(done) <= 1 and tonumber(rate) >= 0, line)
      progress = progress + 1
    else assert(line:find '^{"rule":"script"' or line:find '^{"summary":', line) end
    last = line
  end
  suite.equal(last,
    '{"summary":{"targets":2000,"rendered":1980,"failed":20,"withheld":0,"objects":1980,"errors":20,"warnings":0,"interrupted":false,'
    .. '"stopped":false}}')
  assert(progress > 0, "no progress was told of")
end)

add("a pipe has no end that is known", function()
  local _, err = shell.run(("cat %s/rows.ndjson | %s --targets - --progress json"):format(folder, LINE))
  assert(err:find('{"progress":', 1, true) and not err:find('"done"', 1, true), err)
end)

add("who is no terminal gets the summary alone", function()
  local _, err = shell.run(("%s --targets %s/rows.ndjson --format human 2>&1 >/dev/null | grep -v 'no key' | grep -v '^  '"):format(LINE,
    folder))
  suite.equal(err, "")
  local out = shell.run(("%s --targets %s/rows.ndjson 2>&1 >/dev/null | tail -1"):format(LINE, folder))
  suite.equal(out, "moonstep: 1,980 of 2,000 targets rendered, 20 failed\n")
  out = shell.run(("%s --targets %s/rows.ndjson -q --max-errors 3 2>&1 >/dev/null | tail -1"):format(LINE, folder))
  assert(not out:find "rendered", out)
end)

if not os.execute "command -v tmux >/dev/null" then
  print "unit: batch: progress: tmux is not installed, so no terminal was tried"
  return stage.run()
end

local function tmux(line)
  local out, err, status = shell.run(("env -u TMUX LC_ALL=C.UTF-8 tmux -S %s/tmux -f /dev/null %s"):format(folder, line))
  return status == 0 and out or error(err, 2)
end

local function screen() return (tmux "capture-pane -pJ":gsub(" +\n", "\n"):gsub("%s*$", "")) end

local function await(pattern)
  local last
  for _ = 1, 400 do
    last = screen()
    if last:find(pattern) then return last end
    os.execute "sleep 0.05"
  end
  error(("the screen never showed %q:\n%s"):format(pattern, last), 2)
end

add("a terminal shows how far it is, and at the end the summary alone", function()
  shell.write(folder .. "/run.sh",
    ("%s --targets %s/rows.ndjson --max-errors 15 >/dev/null\necho ended with $?\nsleep 100\n"):format(LINE, folder))
  tmux(("new-session -d -x 110 -y 50 'sh %s/run.sh'"):format(folder))
  local ok, why = pcall(function()
    local seen = await "%d targets %(%d+%%%), [%d,]+ a second, %d+ with errors, %d+ s left"
    suite.equal(select(2, seen:gsub("a second", "")), 1, "one line, which is written over:\n" .. seen)
    local last = await "ended with 2"
    assert(last:find("moonstep: 1,485 of 1,500 targets rendered, 15 failed, stopped\nended with 2", 1, true), last)
    assert(not last:find "a second", last)
    suite.equal(select(2, last:gsub("no key", "")), 15, last)
  end)
  tmux "kill-server"
  if not ok then error(why, 0) end
end)

return stage.run()
