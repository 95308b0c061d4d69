-- What goes wrong in the middle of a backup, how it must be told, and that it can be mended. A fault is a row: { name, needs = field of a
-- system's table that it cannot do without, only = the machine that it can be made on, told_by = "server" or "restic" where other versions
-- of those may tell it in other words, make(site) -> what `moonstep run` gave, words = what of it names the reason (a text, or the field of
-- the system's table that holds it), status, last_step_is_silent = true where it was not run or has no say, mend(site) }. tests/e2e/run.lua
-- makes each of them behind a backup that is good, and restores that backup when it is mended.
local Site = dofile "tests/e2e/site.lua"
local shell = dofile "tests/lib/shell.lua"

local command = Site.command

local RESTIC = "podman run --rm --network none --hostname elsewhere --user 65535:65535 -e HOME=/tmp -v %s/repository:/repository "
  .. "-v %s/tmp:/keys -e RESTIC_REPOSITORY=/repository -e RESTIC_PASSWORD=%s %s %s "
local PASSWORD = "p'w \"$(id)\" ${x} \\ é" -- as site.lua has it

local function restic(site, more, words)
  return RESTIC:format(site.folder, site.folder, shell.quote(PASSWORD), more, site.system.restic_image or "restic/restic:0.16.4") .. words
end

local function expect_status(ran, status, what)
  if ran.status ~= status then error(("%s: exit status %d, want %d:\n%s%s"):format(what, ran.status, status, ran.out, ran.err), 2) end
end

local faults = {}

local function add(fault) faults[#faults + 1] = fault end

add {
  name = "the password is wrong", told_by = "server", needs = "denied", words = "denied", status = 1,
  make = function(site)
    local login = {}
    for key, v in pairs(site.system.login) do login[key] = key == "password" and "wrong one" or v end
    site:write(login)
    return site:run "backup"
  end,
  mend = function(site) site:write() end,
}

-- The repository's folder has a small file system of its own all the time (podman.lua, cluster.lua); here the rest of it is taken. Were it
-- none, 64 MB are all that this takes of whatever is there, and it fails.
add {
  name = "the repository is full", told_by = "restic", words = "step backup: the repository is full: ", status = 1,
  make = function(site)
    site:at("repository", "! dd if=/dev/zero of=other bs=64k count=1000 2>/dev/null")
    return site:run "backup"
  end,
  mend = function(site) site:at("repository", "rm other") end,
}

-- Somebody on another machine holds restic's lock: who changes a key waits for the new password with the lock in his hand.
add {
  name = "the repository is locked", told_by = "restic", only = "podman", words = "step backup: the repository is locked: ", status = 1,
  make = function(site)
    command("rm -f %s/tmp/key && mkfifo -m 666 %s/tmp/key", site.folder, site.folder)
    command("%s >/dev/null", restic(site, "-d --name moonstep-e2e-lock", "restic key passwd --new-password-file /keys/key"))
    Site.await("the lock", function() return shell.entries(site.folder .. "/repository/locks")[1] end)
    return site:run "backup"
  end,
  mend = function(site)
    shell.run "podman rm -f -t 0 moonstep-e2e-lock"
    command("rm -f %s/tmp/key", site.folder)
    command("%s", restic(site, "", "restic unlock --remove-all"))
  end,
}

-- The same step of an earlier run died with restic's lock in its hand: none may stumble over what it left. Its number is one that no
-- process of the next has.
add {
  name = "the repository was locked by a process that is dead", told_by = "restic", only = "podman", words = "the backup is done",
  status = 0,
  make = function(site)
    command("rm -f %s/tmp/key && mkfifo -m 666 %s/tmp/key", site.folder, site.folder)
    local job = command("%s render -f %s/backup.yaml -o name", shell.quote(Site.tool), site.folder):match "^job.batch/(%S+)"
    command("%s >/dev/null", restic(site, "-d --name moonstep-e2e-lock --hostname " .. job,
      [[sh -c 'for n in $(seq 500); do (:); done; restic key passwd --new-password-file /keys/key; exit']]))
    Site.await("the lock", function() return shell.entries(site.folder .. "/repository/locks")[1] end)
    command "podman rm -f -t 0 moonstep-e2e-lock"
    return site:run "backup"
  end,
  mend = function(site) command("rm -f %s/tmp/key", site.folder) end,
}

add {
  name = "the server stops in the middle of the dump", told_by = "server", needs = "hold", words = "stopped", status = 1,
  make = function(site)
    local running = site:begin_held()
    site:stop()
    return running:finish()
  end,
  mend = function(site) site:start() end,
}

add {
  name = "a step is killed", needs = "hold", last_step_is_silent = true, words = "failed with exit status 137", status = 1,
  make = function(site)
    local running = site:begin_held()
    site:kill_step()
    local ran = running:finish()
    site.system.release(site)
    return ran
  end,
  mend = function() end,
}

-- Nobody tells anything then: the step must go, and another run must do the same from the start.
add {
  name = "moonstep is killed, and started again", only = "podman", needs = "hold", words = "the backup is done", status = 0,
  make = function(site)
    local running = site:begin_held()
    command("kill -KILL %s", running.pid)
    expect_status(running:finish(), 137, "kill -KILL")
    Site.await("the end of the step", function() return site:left() == "" end)
    site.system.release(site)
    return site:run "backup"
  end,
  mend = function() end,
}

return faults
