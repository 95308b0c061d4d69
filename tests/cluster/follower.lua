-- What runs behind the end of a Job whose containers run, by `moonstep run` with and without --detach on a cluster with a node. Kinds of
-- Stash that it lacks are those of `moonstep crds` as long as the tests run.
--
--   E2E_LOAD_IMAGE   a command that is given the path of an image's archive, as tests/e2e/cluster.lua has it; without it, nothing is run
--   E2E_HOST         an address of this machine that Pods reach; without it, no mail is sent from there
--
-- The image is moonstep's own, by podman, as moonstep-hooks-test:1. It stays in the cluster.
local loader = os.getenv "E2E_LOAD_IMAGE"
if not loader or loader == "" then
  print "unit: behind the end, on a node: E2E_LOAD_IMAGE names no command that loads images, so nothing was run"
  return true
end

local kinds = dofile "tests/e2e/cluster.lua"
local servers = dofile "tests/notify/servers.lua"
local shell = dofile "tests/lib/shell.lua"
local stage = dofile "tests/cluster/stage.lua" "follower"
local suite = dofile "tests/lib/suite.lua"

local namespace, folder, kubectl, expect = stage.namespace, stage.folder, stage.kubectl, stage.expect

local IMAGE = "docker.io/library/moonstep-hooks-test:1"

local FILES = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "IMAGE", command: [sh, -c, "SCRIPT"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: tell}
spec: {image: "IMAGE", command: [moonstep, version]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: nightly}
spec: {steps: [{name: dump}, {name: tell}]}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repo}
spec: {backend: {s3: {bucket: b}, storageSecretName: s}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: orders}
spec:
  repository: {name: repo}
  task: {name: nightly}
  runtimeSettings: {pod: {serviceAccountName: default}}
  target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}}
  hooks:
    postBackup:
      executionPolicy: POLICY
      exec: {command: [sh, -c, "echo hook: $MOONSTEP_OUTCOME, $MOONSTEP_STEP, $MOONSTEP_ERROR; ls -A /stash-tmp"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: NAME}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: orders}}
]]

local function job_of(name) return ("stash-backup-%s-0"):format(name) end

-- Runs it: what it said, and its status.
local function run(name, script, policy, more)
  local text = FILES:gsub("IMAGE", IMAGE):gsub("NAME", name):gsub("POLICY", policy):gsub("SCRIPT", function() return script end)
  shell.write(("%s/%s.yaml"):format(folder, name), text)
  local out, err, code = shell.run(("cd %s && %s run --template job -f %s.yaml -n %s %s"):format(folder, shell.moonstep, name, namespace,
    more or ""))
  return out .. err, code
end

local function state_of(job)
  local line = "-n %s get job %s --ignore-not-found -o 'jsonpath={.status.conditions[*].type}'"
  return kubectl(line:format(namespace, job))
end

local function await(job, state)
  assert(stage.poll(function() return state_of(job) == state end), ("%s is not %s"):format(job, state))
end

-- What the cluster says of the containers of a Job.
local function states_of(job)
  return kubectl(("-n %s get pods -l job-name=%s -o 'jsonpath={.items[*].status.initContainerStatuses}'"):format(namespace, job))
end

local function said_by(job) return kubectl(("-n %s logs job/%s"):format(namespace, job)) end

local tests = {}
local function case(name, f) tests[#tests + 1] = { name, f } end

case("behind a success", function()
  local said, code = run("good", "echo x >/stash-tmp/x", "Always", "--logs")
  expect(said, code, 0, "[post-task-hook] hook: Succeeded, ,\n", "is complete: 3 steps")
end)

case("behind a step that failed", function()
  local said, code = run("bad", "echo trouble; exit 3", "OnFailure", "--logs")
  expect(said, code, 1, ("[post-task-hook] hook: Failed, dump-0, step dump-0 of Job %s/%s failed with exit status 3"):format(namespace,
    job_of "bad"))
end)

case("behind a Job that took too long, when it has been killed", function()
  local script = "trap 'sleep 2; echo killed; exit 1' TERM; while :; do sleep 0.1; done"
  local said, code = run("late", script, "OnFailure", "--logs --timeout 4s")
  expect(said, code, 1, ("hook: Failed, dump-0, step dump-0 of Job %s/%s took longer than the 4 s that it may"):format(namespace,
    job_of "late"))
  suite.equal(said:find("killed", 1, true) == nil or said:find("killed", 1, true) < said:find("hook: Failed", 1, true), true, said)
end)

case("a follower makes the hook where nobody waits for it", function()
  local job = job_of "detached"
  local said, code = run("detached", "sleep 3; echo it broke >/dev/termination-log; exit 4", "Always", "--detach")
  expect(said, code, 0, "-follower sees to what comes behind its end")
  await(job .. "-after", "Complete")
  suite.equal(said_by(job .. "-after"), ("hook: Failed, dump-0, step dump-0 of Job %s/%s failed with exit status 4: it broke\n"):format(
    namespace, job), states_of(job))
  await(job .. "-follower", "Complete")
end)

local function follower_pod(job)
  local line = "-n %s get pods -l job-name=%s-follower --field-selector status.phase=Running -o 'jsonpath={.items[*].metadata.name}'"
  return kubectl(line:format(namespace, job))
end

-- Takes the Pod of a follower away, and waits for the next.
local function lose_follower(job)
  assert(stage.poll(function() return follower_pod(job) ~= "" end), "the follower does not run")
  local first = follower_pod(job)
  kubectl(("-n %s delete pod %s --grace-period=0 --force"):format(namespace, first))
  assert(stage.poll(function() return follower_pod(job) ~= "" and follower_pod(job) ~= first end), "no other follower runs")
end

case("a follower whose Pod is lost", function()
  local job = job_of "lost"
  run("lost", "sleep 12", "Always", "--detach")
  lose_follower(job)
  await(job .. "-after", "Complete")
  suite.equal(said_by(job .. "-after"), "hook: Succeeded, ,\n")
  await(job .. "-follower", "Complete")
end)

-- The Jobs of a run, but its follower's.
local function jobs_of(job)
  local names = kubectl(("-n %s get jobs -l moonstep/run=%s,moonstep/part!=follower -o 'jsonpath={.items[*].metadata.name}'"):format(
    namespace, job))
  return (names:gsub(job:gsub("%W", "%%%0"), "JOB"))
end

case("a follower tries a Job again, and goes on where its Pod is lost", function()
  local job = job_of "tried"
  run("tried", "sleep 6; exit 3", "OnFinalRetryFailure", "--detach --retries 2 --retry-delay 1s")
  await(job, "Failed")
  assert(stage.poll(function() return kubectl(("-n %s get job %s-retry-1 --ignore-not-found -o name"):format(namespace, job)) ~= "" end))
  lose_follower(job)
  local said, code = stage.other("logs " .. job)
  expect(said, code, 1, ("error[job-failed]: step dump-0 of Job %s/%s-retry-2 failed with exit status 3"):format(namespace, job),
    ("[post-task-hook] hook: Failed, dump-0, step dump-0 of Job %s/%s-retry-2 failed with exit status 3"):format(namespace, job))
  await(job .. "-follower", "Complete")
  suite.equal(jobs_of(job), "JOB JOB-retry-1 JOB-retry-2 JOB-retry-2-after")
end)

case("none behind an attempt that is complete", function()
  local job = job_of "second"
  local script = "case $HOSTNAME in *retry*) ;; *) exit 3; esac"
  run("second", script, "OnFinalRetryFailure", "--detach --retries 2 --retry-delay 1s")
  await(job .. "-follower", "Complete")
  suite.equal({ jobs_of(job), state_of(job .. "-retry-1") }, { "JOB JOB-retry-1", "Complete" })
end)

case("a follower tells the session of a failure that the last step could not tell", function()
  local job = job_of "untold"
  local text = FILES:gsub("NAME", "untold"):gsub("SCRIPT", "exit 3"):gsub("POLICY", "OnSuccess"):gsub("hooks:", "hooksOf:")
  text = text:gsub("\n  hooksOf:.-\n%-%-%-", "\n---")
  local function phase(field) return kubectl(("-n %s get backupsession untold -o 'jsonpath={%s}'"):format(namespace, field)) end
  kubectl(("-n %s apply -f -"):format(namespace), text:match "apiVersion: stash.appscode.com/v1beta1\nkind: BackupSession.*")
  shell.write(folder .. "/untold.yaml", (text:gsub("IMAGE", IMAGE)))
  local line = "cd %s && %s run --template job -f untold.yaml -n %s --detach"
  local out, err, code = shell.run(line:format(folder, shell.moonstep, namespace))
  expect(out .. err, code, 0, ("Job %s-follower sees to what comes behind its end"):format(job))
  await(job .. "-follower", "Complete")
  suite.equal({ phase ".status.phase", phase ".status.targets[0].stats[0].error" }, { "Failed",
    ("step dump-0 of Job %s/%s failed with exit status 3"):format(namespace, job) })
  for what, answer in pairs { ["patch backupsessions.stash.appscode.com/untold --subresource=status"] = "yes",
    ["patch backupsessions.stash.appscode.com/other"] = "no", ["create jobs"] = "no", ["patch jobs/" .. job] = "no" } do
    local may = shell.run(("kubectl -n %s auth can-i %s --as=system:serviceaccount:%s:%s-follower"):format(namespace, what, namespace, job))
    suite.equal({ what, may:match "%w+" }, { what, answer })
  end
  kubectl(("-n %s delete backupsession untold"):format(namespace)) -- kinds that are in use would stay
end)

case("logs waits for the hook of a Job that is detached", function()
  run("told", "sleep 2", "Always", "--detach")
  local said, code = stage.other("logs " .. job_of "told")
  expect(said, code, 0, "[tell-1] moonstep ", "[post-task-hook] hook: Succeeded")
end)

-- --- a mail about a backup that failed, sent by a hook that a follower made

local MAIL = [[
apiVersion: stash.appscode.com/v1beta1
kind: Function
metadata: {name: dump}
spec: {image: "IMAGE", command: [sh, -c, "echo no such table >/dev/termination-log; exit 3"]}
---
apiVersion: stash.appscode.com/v1beta1
kind: Task
metadata: {name: nightly}
spec:
  steps:
  - name: dump
  - name: notify-email
    params:
    - {name: MOONSTEP_IMAGE, value: "IMAGE"}
    - {name: smtpServer, value: "SERVER"}
    - {name: smtpTls, value: tls}
    - {name: mailFrom, value: backup@corp.example}
    - {name: mailTo, value: ops@corp.example}
---
]]

local MAIL_HOOK = "postBackup: {executionPolicy: OnFailure, containerName: notify-email, exec: {command: [moonstep, notify-email]}}\n"

local host = os.getenv "E2E_HOST"
if host and host ~= "" then
  case("a mail about a step that failed, over TLS", function()
    local smtp = servers.mail(folder, host)
    kubectl(("-n %s create secret generic smtp --from-literal=username=mailer --from-literal=password=good-password "
      .. "--from-file=ca.crt=%s/cert.pem"):format(namespace, folder))
    local words = { IMAGE = IMAGE, SERVER = ("%s:%d"):format(host, smtp.tls), NAME = "mail" }
    local text = (MAIL .. FILES:match "apiVersion: stash.appscode.com/v1alpha1.*"):gsub("%f[%w_]%u+%f[^%w_]", words)
    shell.write(folder .. "/mail.yaml", (text:gsub("postBackup:.-\n%-%-%-", MAIL_HOOK .. "---")))
    local line = "cd %s && %s run --template job -f mail.yaml -n %s --detach"
    local out, err, code = shell.run(line:format(folder, shell.moonstep, namespace))
    suite.equal(code, 0, out .. err)
    local ok, why = pcall(await, job_of "mail" .. "-after", "Complete")
    local letters = smtp.letters()
    smtp.close()
    assert(ok, why)
    suite.equal(#letters, 1)
    local letter = letters[1]:gsub("=\r?\n", "")
    for _, part in ipairs { " mailer tls=True\n", ("Subject: FAILED: backup of PersistentVolumeClaim %s/data"):format(namespace),
      ("step dump-0 of Job %s/%s failed with exit status 3: no such table"):format(namespace, job_of "mail") } do
      suite.equal(letter:find(part, 1, true) ~= nil, true, ("no %q in %s\n%s"):format(part, letter, states_of(job_of "mail")))
    end
  end)
end

stage.load_image(loader, IMAGE)
local tear_down = kinds.set_up()
local passed = stage.finish("behind the end, on a node", tests)
tear_down()
return passed
