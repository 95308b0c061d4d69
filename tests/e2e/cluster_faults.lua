-- What goes wrong on a cluster alone, as rows of faults.lua.
local Site = dofile "tests/e2e/site.lua"
local shell = dofile "tests/lib/shell.lua"

local command = Site.command

local faults = {}

-- Begins a backup, and gives it when its dump waits for the server.
local function begin_held(site)
  site.system.hold(site)
  local running = site:begin "backup"
  Site.await("the dump", function() return site.system.is_held(site) end)
  return running
end

local function expect_said(running, words)
  Site.await(("%q"):format(words), function() return running.said():find(words, 1, true) end)
end

local function jobs_of(site) return command("kubectl -n %s get jobs -o name", site.namespace) end

faults[1] = {
  name = "the Pod of a step is deleted", needs = "hold", only = "cluster", words = "the backup is done", status = 0,
  make = function(site)
    local running = begin_held(site)
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
    local running = begin_held(site)
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
    site.system.hold(site)
    local running = site:begin_line(site:line_of "backup" .. " --timeout 15s")
    Site.await("the dump", function() return site.system.is_held(site) end)
    local ran = running.finish()
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

local restart = os.getenv "E2E_RESTART_API_SERVER"

faults[5] = restart and {
  name = "the API server is started again", needs = "hold", only = "cluster", words = "the backup is done", status = 0,
  make = function(site)
    local running = begin_held(site)
    command("%s", restart)
    Site.await("its answer", function() return select(3, shell.run "kubectl get --raw /readyz") == 0 end, 60)
    expect_said(running, "the cluster answers again")
    site.system.release(site)
    return running.finish()
  end,
  mend = function() end,
} or nil

return faults
