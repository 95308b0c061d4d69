-- What goes wrong on a cluster alone, as rows of faults.lua.
local Site = dofile "tests/e2e/site.lua"
local shell = dofile "tests/lib/shell.lua"

local command = Site.command

local faults = {}

local function expect_said(running, words)
  Site.await(("%q"):format(words), function() return running.said():find(words, 1, true) end)
end

local function jobs_of(site) return command("kubectl -n %s get jobs -o name", site.namespace) end

faults[1] = {
  name = "the Pod of a step is deleted", needs = "hold", only = "cluster", words = "the backup is done", status = 0,
  make = function(site)
    local running = site:begin_held()
    command("kubectl -n %s delete pod %s --grace-period=1", site.namespace, site:pod_of_run().metadata.name)
    site.system.release(site)
    return running.finish()
  end,
  mend = function() end,
}

-- The cluster goes on with the Job, and who asks for the same again follows it.
faults[2] = {
  name = "moonstep is killed, and started again", needs = "hold", only = "cluster", words = "the backup is done", status = 0,
  make = function(site)
    local running = site:begin_held()
    local jobs = jobs_of(site)
    command("kill -KILL %s", running.pid)
    local ran = running.finish()
    if ran.status ~= 137 then error(("kill -KILL: exit status %d:\n%s%s"):format(ran.status, ran.out, ran.err)) end
    running = site:begin_line(site:line_again())
    expect_said(running, "is there already and still runs; it is followed")
    site.system.release(site)
    ran = running.finish()
    if jobs_of(site) ~= jobs then error("other Jobs than before: " .. jobs_of(site)) end
    return ran
  end,
  mend = function() end,
}

faults[3] = {
  name = "the dump takes too long", needs = "hold", only = "cluster", words = "took longer than the 15 s that it may", status = 1,
  last_step_is_silent = true,
  make = function(site)
    local ran = site:begin_held(" --timeout 15s").finish()
    site.system.release(site)
    return ran
  end,
  mend = function() end,
}

-- Its last step cannot tell anybody, but whoever follows the Job can.
faults[4] = {
  name = "the Pods' account has no rights", only = "cluster", words = "failed with exit status 2", status = 1, last_step_is_silent = true,
  make = function(site)
    site.settings = "runtimeSettings: {pod: {serviceAccountName: default}}"
    local ran = site:run "backup"
    local wanted = ("`moonstep catalog rbac -n %s` prints a service account that may"):format(site.namespace)
    if not ran.out:find(wanted, 1, true) then error(("%q is not in:\n%s%s"):format(wanted, ran.out, ran.err)) end
    return ran
  end,
  mend = function(site) site.settings = nil end,
}

-- Somebody else holds restic's lock: who changes a key waits for the new password with the lock in his hand.
local LOCKER = [[
apiVersion: v1
kind: Pod
metadata: {name: locker}
spec:
  restartPolicy: Never
  hostname: elsewhere
  automountServiceAccountToken: false
  securityContext: {runAsUser: 65535, runAsGroup: 65535}
  containers:
  - name: restic
    image: restic/restic:0.16.4
    command: [sh, -c, "mkfifo /tmp/key && exec restic key passwd --new-password-file /tmp/key"]
    env:
    - {name: HOME, value: /tmp}
    - {name: RESTIC_REPOSITORY, value: /repository}
    - {name: RESTIC_PASSWORD, valueFrom: {secretKeyRef: {name: repository, key: RESTIC_PASSWORD}}}
    volumeMounts: [{name: repository, mountPath: /repository}]
  volumes: [{name: repository, persistentVolumeClaim: {claimName: repository}}]
]]

faults[5] = {
  name = "the repository is locked", only = "cluster", words = "step backup: the repository is locked: ", status = 1,
  make = function(site)
    local _, err, status = shell.run(("kubectl -n %s apply -f -"):format(site.namespace), LOCKER)
    if status ~= 0 then error(err) end
    Site.await("the lock", function() return site:at("repository", "ls locks 2>/dev/null || true") ~= "" end)
    return site:run "backup"
  end,
  mend = function(site)
    command("kubectl -n %s exec locker -- restic unlock --remove-all", site.namespace)
    command("kubectl -n %s delete pod locker --grace-period=1", site.namespace)
  end,
}

local restart = os.getenv "E2E_RESTART_API_SERVER"

faults[6] = restart and {
  name = "the API server is started again", needs = "hold", only = "cluster", words = "the backup is done", status = 0,
  make = function(site)
    local running = site:begin_held()
    command("%s", restart)
    Site.await("its answer", function() return select(3, shell.run "kubectl get --raw /readyz") == 0 end, 60)
    expect_said(running, "the cluster answers again")
    site.system.release(site)
    return running.finish()
  end,
  mend = function() end,
} or nil

return faults
