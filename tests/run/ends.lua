-- How runs on this machine end that do not come to their end: interrupts, times that are over, volumes that are full, kill -9. Nothing
-- may be left of any. On the podman of bin/, whose step sleeps.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local quote = shell.quote
local function absolute(path) return io.popen("realpath " .. quote(path)):read "l" end
local tool, bin = absolute(shell.moonstep), absolute "tests/run/bin"
local scratch = io.popen("mktemp -d"):read "l"
local record = scratch .. "/record"

shell.write(scratch .. "/task.yaml", [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: postgres:15, volumeMounts: [{name: small, mountPath: /small}]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: nightly}
spec:
  steps: [{name: dump}, {name: dump}]
  volumes: [{name: small, emptyDir: {sizeLimit: 1Mi}}]
]])

local function behave(text) shell.write(scratch .. "/behave", text) end

local SLEEPS = 'echo begun; echo $$ >"$RECORD.pid"; exec sleep 30'

-- What stands before the tool, so that it finds the other podman.
local function command(more)
  os.execute(("rm -rf %s*; : >%s"):format(record, record))
  return ("cd %s && export PATH=%s:$PATH TMPDIR=%s RECORD=%s CASE=%s && %s run --local -f task.yaml --task nightly %s"):format(scratch,
    quote(bin), scratch, record, scratch, quote(tool), more or "")
end

local function await(what, done)
  for _ = 1, 400 do
    if done() then return end
    os.execute "sleep 0.05"
  end
  error(what .. " never happened", 2)
end

local function has_begun() return shell.exists(record .. ".pid") end

local function left_over()
  return (shell.run(("find %s/moonstep-* /dev/shm/moonstep-$(id -u) -mindepth 1 ! -name lock 2>/dev/null"):format(scratch)))
end

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end

-- Runs it in the background, sends the signal once a step runs, and returns what it printed and its exit status.
local function interrupted(signal)
  behave(SLEEPS)
  local line = command():gsub("&& (%S+ run)", "&& exec %1")
  os.execute(("cd %s; ( sh -c \"echo \\$\\$ >pid; %s\" 2>err >out; echo $? >status ) &"):format(scratch, line))
  await("the step", has_begun)
  os.execute(("kill -%s $(cat %s/pid)"):format(signal, scratch))
  await("its end", function() return shell.exists(scratch .. "/status") end)
  local status = tonumber(shell.read(scratch .. "/status"))
  os.remove(scratch .. "/status")
  return shell.read(scratch .. "/err"), status
end

local function is_interrupted()
  local err, status = interrupted "TERM"
  suite.equal(status, 130)
  contains(err, "dump-0: failed after")
  contains(err, "dump-1: skipped")
  contains(err, "error[job-cancelled]")
  contains(shell.read(record), "podman stop -t 10 moonstep-")
  suite.equal(left_over(), "")
end

local function is_killed()
  interrupted "KILL"
  await("rm", function() return shell.read(record):find "podman rm %-f %-i" end)
  await("the removal of its folders", function() return left_over() == "" end)
end

local function takes_too_long()
  behave(SLEEPS)
  local _, err, status = shell.run(command "--timeout 300ms")
  suite.equal(status, 1)
  contains(err, "error[job-timeout]: step dump-0 of Job default/nightly took longer than the 0.3 s that it may")
  contains(shell.read(record), "podman stop -t 30 moonstep-")
  suite.equal(left_over(), "")
end

local function is_too_full()
  behave 'for word; do case $word in */small:*) head -c 2000000 /dev/zero >"${word%%:*}/file" ;; esac; done'
  local _, err, status = shell.run(command())
  suite.equal(status, 1)
  contains(err, "dump-0: failed after")
  contains(err, "the volume small holds more than its sizeLimit of 1Mi")
  suite.equal(left_over(), "")
end

-- A run whose lock nobody holds is dead.
local function sweeps()
  behave "true"
  local base = ("%s/moonstep-%s"):format(scratch, io.popen("id -u"):read "l")
  os.execute(("mkdir -m 700 -p %s/dead-1 && : >%s/dead-1/lock && mkdir -m 700 -p /dev/shm/moonstep-$(id -u)/dead-1"):format(base, base))
  local _, _, status = shell.run(command "-q")
  suite.equal(status, 0)
  contains(shell.read(record), "podman ps -a -q\n   --filter label=moonstep.run=dead-1\npodman rm -f -t 0 123abc\n")
  suite.equal(left_over(), "")
end

-- A live one is left alone.
local function sweeps_no_living()
  behave(SLEEPS)
  os.execute(("( %s ) >/dev/null 2>&1 &"):format(command()))
  await("the step", has_begun)
  os.rename(record .. ".pid", scratch .. "/first")
  behave "true"
  local _, _, status = shell.run(command "-q")
  suite.equal(status, 0)
  suite.equal(shell.read(record):find "podman ps", nil)
  os.execute(("kill $(cat %s/first)"):format(scratch))
  await("its end", function() return left_over() == "" end)
end

local function refuses_folders_of_others()
  behave "true"
  os.execute(("rm -rf %s/moonstep-*; ln -s /etc %s/moonstep-$(id -u)"):format(scratch, scratch))
  local _, err, status = shell.run(command())
  os.execute(("rm %s/moonstep-*"):format(scratch))
  suite.equal(status, 2)
  contains(err, "is there already, and is no folder")
end

local passed = suite.run("run: ends", {
  { "is interrupted", is_interrupted }, { "is killed", is_killed }, { "takes too long", takes_too_long }, { "is too full", is_too_full },
  { "sweeps", sweeps }, { "sweeps no living", sweeps_no_living }, { "refuses folders of others", refuses_folders_of_others },
})
os.execute("rm -rf " .. quote(scratch))
return passed
