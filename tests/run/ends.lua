-- How runs on this machine end that do not come to their end: interrupts, times that are over, volumes that are full, kill -9. Nothing
-- may be left of any. On the podman of bin/, whose step sleeps.
local left = dofile "tests/run/left.lua"
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

-- The same as a backup that has a hook behind its end.
shell.write(scratch .. "/backup.yaml", shell.read(scratch .. "/task.yaml") .. [[
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo, namespace: shop}
spec: {backend: {s3: {bucket: b}, storageSecretName: s}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: orders, namespace: shop}
spec:
  repository: {name: repo}
  task: {name: nightly}
  target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}
  hooks: {postBackup: {executionPolicy: OnFailure, exec: {command: [tell]}}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: orders-1, namespace: shop}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: orders}}
]])

local function behave(text) shell.write(scratch .. "/behave", text) end

local SLEEPS = 'echo begun; echo $$ >"$RECORD.pid"; exec sleep 30'

-- What stands before the tool, so that it finds the other podman.
local function command(more, files)
  os.execute(("rm -rf %s*; : >%s"):format(record, record))
  return ("cd %s && export PATH=%s:$PATH TMPDIR=%s RECORD=%s CASE=%s && %s run --local -f %s %s"):format(scratch,
    quote(bin), scratch, record, scratch, quote(tool), files or "task.yaml --task nightly", more or "")
end

local function await(what, done)
  for _ = 1, 400 do
    if done() then return end
    os.execute "sleep 0.05"
  end
  error(what .. " never happened", 2)
end

local function has_begun() return shell.exists(record .. ".pid") end

local function left_over() return left(function(line) return line end, scratch) end

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end

-- Runs it in the background, sends the signal once a step runs, and returns what it printed and its exit status.
local function interrupted(signal, files)
  behave(SLEEPS)
  local line = command(nil, files):gsub("&& (%S+ run)", "&& exec %1")
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

local FIRST_SLEEPS = ('if [ "$N" = 1 ]; then %s; fi'):format(SLEEPS)

local function is_told_of_a_timeout()
  behave(FIRST_SLEEPS)
  local _, err, status = shell.run(command("--timeout 300ms", "backup.yaml"))
  suite.equal(status, 1)
  contains(err, "dump-1: skipped\npost-task-hook: running\npost-task-hook: done after")
  local words = "step dump-0 of Job shop/stash-backup-orders-1-0 took longer than the 0.3 s that it may"
  contains(err, "error[job-timeout]: " .. words)
  contains(shell.read(record), "--env MOONSTEP_ERROR=" .. words)
  contains(shell.read(record), "--env MOONSTEP_OUTCOME=Failed")
  suite.equal(left_over(), "")
end

local function is_not_told_of_an_interrupt()
  local err, status = interrupted("TERM", "backup.yaml")
  suite.equal(status, 130)
  contains(err, "post-task-hook: skipped, interrupted")
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

-- What is left of a run that is dead: of its folders on a disk and in memory, those that are given. A lock that nobody holds is in each.
local function put_dead(id, disk, memory)
  local user = io.popen("id -u"):read "l"
  local path = ("%s/moonstep-%s/%s"):format(disk, user, id)
  os.execute(("mkdir -p -m 700 %s/moonstep-%s && mkdir -m 700 %s && : >%s/lock"):format(disk, user, path, path))
  if not memory then return end
  local private = ("/dev/shm/moonstep-%s/%s"):format(user, id)
  os.execute(("mkdir -p -m 700 /dev/shm/moonstep-%s && mkdir -m 700 %s && : >%s/lock && printf %%s %s >%s/disk"):format(user, private,
    private, path, private))
end

-- The first after the machine was started anew, the last of a run with another TMPDIR.
local function sweeps()
  behave "true"
  local line, other = command "-q", scratch .. "/other"
  put_dead("dead-1", scratch)
  put_dead("dead-2", scratch, true)
  put_dead("dead-3", other, true)
  local _, _, status = shell.run(line)
  suite.equal(status, 0)
  for i = 1, 3 do
    contains(shell.read(record), ("podman ps -a -q\n   --filter label=moonstep.run=dead-%d\npodman rm -f -t 0 123abc\n"):format(i))
  end
  suite.equal(left_over(), "")
  suite.equal((shell.run(("find %s -name 'dead-*'"):format(other))), "")
end

-- A live one is left alone, by runs with another TMPDIR, too.
local function sweeps_no_living()
  behave(SLEEPS)
  os.execute(("( %s; echo $? >%s/status ) >/dev/null 2>&1 &"):format(command(), scratch))
  await("the step", has_begun)
  local id = shell.read(record):match "moonstep%.run=(%x+%-%x+)"
  os.rename(record .. ".pid", scratch .. "/first")
  behave "true"
  for _, before in ipairs { "", "mkdir -p other && export TMPDIR=$PWD/other && " } do
    local line = command "-q":gsub(" && (%S+ run)", " && " .. before .. "%1")
    suite.equal(select(3, shell.run(line)), 0)
    suite.equal(shell.read(record):find("moonstep.run=" .. id, 1, true), nil)
  end
  os.execute(("kill $(cat %s/first)"):format(scratch))
  await("its end", function() return shell.exists(scratch .. "/status") end)
  os.remove(scratch .. "/status")
  suite.equal(left_over(), "")
end

-- A run that finds another's folders and no podman that it can use leaves none of its own.
local function ends_before_it_begins()
  local line = command():gsub(" && (%S+ run)", " && VERSION=3.0.0 %1")
  put_dead("dead-4", scratch)
  local _, err, status = shell.run(line)
  suite.equal(status, 2)
  contains(err, "podman 3.0.0 is too old")
  behave "true"
  os.execute(("rm -r %s/moonstep-*/dead-4"):format(scratch))
  suite.equal(left_over(), "")
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
  { "is interrupted", is_interrupted }, { "is killed", is_killed }, { "takes too long", takes_too_long },
  { "a hook is told of a timeout", is_told_of_a_timeout }, { "no hook runs behind an interrupt", is_not_told_of_an_interrupt },
  { "is too full", is_too_full },
  { "sweeps", sweeps }, { "sweeps no living", sweeps_no_living }, { "ends before it begins", ends_before_it_begins },
  { "refuses folders of others", refuses_folders_of_others },
})
os.execute("rm -rf " .. quote(scratch))
return passed
