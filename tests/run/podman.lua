-- `moonstep run --local` on podman itself: as root, and as the user `moonstep-test`, which is made where there is none and the machine has
-- what rootless podman needs. The image is a shell and some programs of this machine.
local left = dofile "tests/run/left.lua"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local USER, RUNTIME = "moonstep-test", "/tmp/moonstep-test-runtime"
local API = "stash.appscode.com/v1beta1"
local IMAGE = "docker.io/library/moonstep-test:1"
local quote = shell.quote
local function absolute(path) return io.popen("realpath " .. quote(path)):read "l" end
local tool = absolute(shell.moonstep)
local scratch = io.popen("mktemp -d"):read "l"

local function sh(line)
  local out, err, status = shell.run(line)
  return status == 0 and out or error(("%s\n%s%s"):format(line, out, err), 2)
end

if not os.execute "command -v podman >/dev/null" then
  print "unit: podman: podman is not installed, so nothing was run"
  return true
end

-- Who runs it: { name, before = what stands before a command line }.
local function as_user(line) return ("su %s -c %s"):format(USER, quote("cd /; export XDG_RUNTIME_DIR=" .. RUNTIME .. "; " .. line)) end
local WHO = { { "root", function(line) return line end }, { "rootless", as_user } }

local function make_image()
  sh(([[cd %s && mkdir -p root/bin root/tmp root/etc && chmod 1777 root/tmp && echo 'root:x:0:0::/:/bin/sh' >root/etc/passwd
for each in sh ls cat echo sleep id stat mkdir head touch; do
  cp $(command -v $each) root/bin 2>/dev/null || continue
  for library in $(ldd root/bin/$each | grep -o '/[^ ]*'); do mkdir -p root${library%%/*} && cp -n $library root$library; done
done
tar -C root -c . | podman import - %s 2>/dev/null
podman save -q -o image.tar %s && chmod 755 . && chmod 644 image.tar]]):format(scratch, IMAGE, IMAGE))
end

-- True when podman runs a container for that user, too.
local function is_rootless_possible()
  if not os.execute "command -v newuidmap >/dev/null" then return false end
  shell.run(("id -u %s || useradd -m %s; mkdir -p -m 700 %s; chown %s %s"):format(USER, USER, RUNTIME, USER, RUNTIME))
  local line = ("podman load -q -i %s/image.tar && podman run --rm --network host %s sh -c :"):format(scratch, IMAGE)
  return select(3, shell.run(as_user(line))) == 0
end

local function put(name, text)
  shell.write(("%s/%s"):format(scratch, name), text)
  sh(("chmod 644 %s/%s"):format(scratch, name))
end

-- A Task of steps, each a shell text.
local function task(steps, more)
  local parts, names = {}, {}
  for i, text in ipairs(steps) do
    local command = ("%q"):format(text):gsub("%$", "$$")
    parts[i] = ("apiVersion: %s\nkind: Function\nmetadata: {name: s%d}\nspec:\n  image: %s\n  command: [sh, -c, %s]\n%s---\n"):format(API,
      i, IMAGE, command, more and more.function_spec or "")
    names[i] = ("{name: s%d}"):format(i)
  end
  return table.concat(parts) .. ("apiVersion: %s\nkind: Task\nmetadata: {name: t}\nspec:\n  steps: [%s]\n%s"):format(API,
    table.concat(names, ", "), more and more.task_spec or "")
end

local who

local function run(options)
  return shell.run(who[2](("%s run --local -f %s/task.yaml --task t --network host %s"):format(tool, scratch, options or "")))
end

local function contains(text, part) if not text:find(part, 1, true) then error(("%q is not in:\n%s"):format(part, text), 2) end end

-- Nothing of a run is there any more.
local function expect_nothing_left()
  suite.equal((shell.run(who[2] "podman ps -a --format '{{.Image}}' | grep moonstep-test")), "")
  suite.equal((shell.run(who[2] "podman volume ls -q | grep -e -tested-memory$")), "")
  suite.equal(left(who[2], "/var/tmp"), "")
end

local VOLUMES = {
  function_spec = [[
  volumeMounts:
  - {name: tested-memory, mountPath: /memory}
  - {name: claim, mountPath: /claim}
  - {name: secret, mountPath: /secret}
  - {name: stash-tmp-dir, mountPath: /part, subPath: deep/er}
  runtimeSettings:
    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true}
    env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
]],
  task_spec = [[
  volumes:
  - {name: tested-memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: claim, persistentVolumeClaim: {claimName: test}}
  - {name: secret, secret: {secretName: db, defaultMode: 0444}}
---
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: "line one\nline two"}
]],
}

local function keeps_volumes()
  shell.run(who[2] "podman volume rm -f moonstep-default-test") -- of an earlier test that failed
  put("task.yaml", task({
    "echo mem >/memory/a; echo claim >>/claim/a; echo part >/part/a; mkdir -m 700 /stash-tmp/closed; touch /stash-tmp/closed/x",
    "cat /memory/a /claim/a /stash-tmp/deep/er/a /part/a; id; cat /secret/password; echo; head -c 2000000 /dev/zero >/memory/b || "
      .. "echo full; touch /x || echo read-only" }, VOLUMES))
  local out, err, status = run "--logs"
  suite.equal(status, 0, out .. err)
  contains(out, "[s2-1] mem\n[s2-1] claim\n[s2-1] part\n[s2-1] part\n[s2-1] uid=1000")
  contains(out, "[s2-1] ***\n[s2-1] ***\n")
  contains(out, "[s2-1] full\n")
  contains(out, "[s2-1] read-only\n")
  out = run "--logs"
  contains(out, "[s2-1] claim\n[s2-1] claim\n") -- what is in a claim stays
  sh(who[2] "podman volume rm moonstep-default-test")
end

local function tells_failures()
  put("task.yaml", task { "echo begun; exit 3", "echo never" })
  local _, err, status = run()
  suite.equal(status, 1)
  contains(err, "s1-0: failed after")
  contains(err, "error[job-failed]: step s1-0 of Job default/t failed with exit status 3")
  put("task.yaml", (task { "true" }:gsub(IMAGE:gsub("%p", "%%%0"), "localhost/not-there:1")))
  _, err, status = run()
  suite.equal(status, 2)
  contains(err, "error[job-not-started]: step s1-0 of Job default/t could not be started")
  put("task.yaml", (task { "true" }:gsub("%[sh, %-c,", "[/no/program,")))
  _, err, status = run()
  suite.equal(status, 1)
  contains(err, "ContainerCannotRun")
end

local function ends_in_time()
  put("task.yaml", task { "trap 'exit 0' TERM; sleep 30 & wait" })
  local began = os.time()
  local _, err, status = run "--timeout 1s"
  suite.equal(status, 1)
  contains(err, "error[job-timeout]")
  assert(os.time() - began < 15, "it took too long to end")
end

-- The Task as a backup with a hook behind its end, which says what it was told and what it finds.
local BACKUP = [[
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
  task: {name: t}
  target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}
  hooks:
    preBackup: {exec: {command: [sh, -c, "echo before >/stash-tmp/x"]}}
    postBackup:
      executionPolicy: %s
      exec: {command: [sh, -c, "echo told $MOONSTEP_OUTCOME $MOONSTEP_STEP $MOONSTEP_ERROR; cat /stash-tmp/x; exit %d"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: orders-1, namespace: shop}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: orders}}
]]

-- { steps, policy, exit status of the hook, options, what the hook says, exit status of the run, what is told of it }
local HOOKS = {
  { { "echo left >>/stash-tmp/x", "true" }, "Always", 0, "", "told Succeeded", 0, "is complete: 4 steps" },
  { { "echo left >>/stash-tmp/x; exit 3", "true" }, "OnFailure", 0, "",
    "told Failed s1-0 step s1-0 of Job shop/stash-backup-orders-1-0 failed with exit status 3", 1, "error[job-failed]" },
  { { "echo left >>/stash-tmp/x; trap 'exit 0' TERM; sleep 30 & wait", "true" }, "OnFinalRetryFailure", 0, "--timeout 2s",
    "told Failed s1-0 step s1-0 of Job shop/stash-backup-orders-1-0 took longer than the 2 s that it may", 1, "error[job-timeout]" },
  { { "echo left >>/stash-tmp/x", "true" }, "OnSuccess", 4, "", "told Succeeded", 1, "error[hook-failed]: a hook of Job shop/" },
}

local function runs_hooks()
  for _, row in ipairs(HOOKS) do
    put("backup.yaml", task(row[1]) .. BACKUP:format(row[2], row[3]))
    local out, err, status = shell.run(who[2](("%s run --local -f %s/backup.yaml --network host --logs %s"):format(tool, scratch, row[4])))
    suite.equal(status, row[6], out .. err)
    contains(out:gsub(" +\n", "\n"), ("[post-task-hook] %s\n[post-task-hook] before\n[post-task-hook] left\n"):format(row[5]))
    contains(err, row[7])
  end
end

-- Sends the signal to moonstep once a step runs, which is the shell text, and another one half a second later if one is named. Returns its
-- exit status.
local function interrupted(signal, text, another)
  put("task.yaml", task { text })
  os.execute(("rm -f %s/out; touch %s/out; chmod 666 %s/out"):format(scratch, scratch, scratch))
  local line = ("echo $$ >%s/out; exec %s run --local -f %s/task.yaml --task t --network host --logs >>%s/out"):format(scratch, tool,
    scratch, scratch)
  os.execute(("( %s; echo status $? >>%s/out ) 2>/dev/null &"):format(who[2]("sh -c " .. quote(line)), scratch))
  for _ = 1, 200 do
    if shell.read(scratch .. "/out"):find "begun" then break end
    os.execute "sleep 0.1"
  end
  os.execute(("kill -%s $(head -1 %s/out)"):format(signal, scratch))
  if another then os.execute(("sleep 0.5; kill -%s $(head -1 %s/out)"):format(another, scratch)) end
  for _ = 1, 200 do
    local status = shell.read(scratch .. "/out"):match "status (%d+)"
    if status then return tonumber(status) end
    os.execute "sleep 0.1"
  end
  error("it never ended", 2)
end

local PATIENT = "trap 'exit 0' TERM; echo begun; sleep 60 & wait"

local function expect_nothing_left_soon()
  for _ = 1, 100 do
    if pcall(expect_nothing_left) then return end
    os.execute "sleep 0.1"
  end
  expect_nothing_left()
end

local function leaves_nothing()
  suite.equal(interrupted("TERM", PATIENT), 130)
  expect_nothing_left()
  interrupted("KILL", PATIENT)
  expect_nothing_left_soon()
end

-- Killed while podman stops a step that does not want to end: podman may forget it, and its processes must not go on.
local function leaves_no_process()
  local time = 100000 + os.time() % 100000
  interrupted("TERM", ("trap '' TERM; echo begun; exec sleep %d"):format(time), "KILL")
  expect_nothing_left_soon()
  local function still_runs() return os.execute(("pgrep -f '^sleep %d' >/dev/null"):format(time)) end
  for _ = 1, 100 do
    if not still_runs() then return end
    os.execute "sleep 0.1"
  end
  os.execute(("kill -9 $(pgrep -f '^sleep %d')"):format(time))
  error "its process still runs"
end

-- A Task of moonstep's own image, whose last step tells what became of the others.
local TOLD = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: back-up}
spec:
  image: %s
  command: [sh, -c, 'mkdir -p /stash-tmp/output; cd /stash-tmp/output; %s']
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: update-status}
spec: {image: %s, args: [update-status, --output-dir=/stash-tmp/output]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: t}
spec: {steps: [{name: back-up}, {name: update-status}]}
]]
local SUMMARY = [[echo "{\"message_type\":\"summary\",\"snapshot_id\":\"abcdef0123\"}" >backup.json]]
local FAILURE = [[echo "{\"step\":\"dump\",\"status\":1,\"error\":\"no room\"}" >status.json]]

local function tells_its_status()
  local image = "docker.io/library/moonstep-test:2"
  sh(("MOONSTEP=%s examples/image/build %s"):format(quote(tool), image))
  put("task.yaml", TOLD:format(image, SUMMARY, image))
  local out, err, status = run "--logs"
  suite.equal(status, 0, err)
  contains(out, "[update-status-1] moonstep: the backup is done: snapshot abcdef01")
  put("task.yaml", TOLD:format(image, FAILURE, image))
  out, err, status = run "--logs"
  suite.equal(status, 1, err)
  contains(out, "[update-status-1] moonstep: error[backup-failed]: the backup failed: step dump: no room")
  contains(err, "step update-status-1 of Job default/t failed with exit status 1")
  sh("podman rmi " .. image)
end

local tests = {}
local function add(each)
  for name, test in pairs { ["keeps volumes"] = keeps_volumes, ["tells failures"] = tells_failures, ["ends in time"] = ends_in_time,
    ["leaves nothing"] = leaves_nothing, ["leaves no process"] = leaves_no_process, ["runs hooks"] = runs_hooks } do
    tests[#tests + 1] = { each[1] .. " " .. name, function()
      who = each
      test()
      expect_nothing_left()
    end }
  end
end

make_image()
add(WHO[1])
tests[#tests + 1] = { "root tells its status", function()
  who = WHO[1]
  tells_its_status()
  expect_nothing_left()
end }
if is_rootless_possible() then add(WHO[2]) else print "unit: podman: rootless podman runs nothing here, so it was left out" end
local passed = suite.run("podman", tests)
shell.run("podman rmi " .. IMAGE)
shell.run(as_user("podman rmi " .. IMAGE) .. "; userdel -r " .. USER .. "; rm -rf " .. RUNTIME)
os.execute("rm -rf " .. quote(scratch))
return passed
