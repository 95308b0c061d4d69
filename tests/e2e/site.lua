-- A system to back up, and all that its backups need: a server, a repository, and what moonstep is given for a run. Where they are is the
-- part of a machine: podman.lua or cluster.lua, whose functions are a site's own.
--
--   local site = Site.new(system, machine)   system: a table of systems/; machine: a table as those files return
--   site.host, site.port, site.bind          where steps reach the server, and what it listens on
--   site:start()                      starts its server on data that may be there, and waits until it answers
--   site:stop()                       ends it at once, as if its machine had lost its power
--   site:signal(name)                 sends it a signal, such as STOP
--   site:client(text [, input])       runs a shell text beside the server; returns what it prints
--   site:begin_client(text)           the same without waiting
--   site:at(claim, text)              runs a shell text as root in the folder of a claim; returns what it prints
--   site:write([login])               what the Secret for the server holds from now on; the system's own login if nothing is said
--   site:backup(), site:restore()     run the Task; raise where it fails
--   site:run(direction)               -> { out, err, status } of `moonstep run`
--   site:begin_held()                 begins a backup in the background, whose dump waits for the server by then -> running
--                                     running:finish() -> as run; running.said() -> what it has said so far; running.pid
--   site:kill_step()                  kills the step that runs
--   site:left()                       what is left of runs, but for claims: "" when there is nothing
--   site:told()                       what the last run's session and Repository were told: { phase, error, snapshot, snapshots };
--                                     nil where nobody keeps that
--   site:close()                      and nothing of it is left
local Catalog = dofile "tests/catalog/site.lua"
local shell = dofile "tests/lib/shell.lua"

local Site = {}

local command, quote = Catalog.command, shell.quote

Site.command, Site.PASSWORD = command, "s'e\"c $r@t/:#"
Site.tool = command("realpath %s", quote(shell.moonstep))

local SECRETS = [[
apiVersion: v1
kind: Secret
metadata: {name: repository, namespace: NAMESPACE}
stringData: {RESTIC_PASSWORD: "p'w \"$(id)\" ${x} \\ é"}
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: NAMESPACE}
stringData: {LOGIN}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repository, namespace: NAMESPACE}
spec: {backend: {local: BACKEND, storageSecretName: repository}}
---
]]

local FILES = {
  backup = SECRETS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: backup, namespace: NAMESPACE}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-backupVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: KIND, name: TARGET}}
  retentionPolicy: {name: five, keepLast: 5, prune: true}
  SETTINGS
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: SESSION, namespace: NAMESPACE}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: backup}}
]],
  restore = SECRETS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: SESSION, namespace: NAMESPACE}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-restoreVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: KIND, name: TARGET}, rules: [{snapshots: [latest]}]}
  SETTINGS
]],
}

-- "name: value, …", each value quoted.
local function flow(map, format)
  local list = {}
  for name, v in pairs(map or {}) do list[#list + 1] = format:format(name, (v:gsub('["\\]', "\\%0"))) end
  return table.concat(list, ", ")
end

-- text(direction, name of the session) -> all that moonstep is given for a run
function Site:text(direction, session)
  local system = self.system
  local params = system.params(self, direction)
  params.resticImage, params[system.name .. "Image"] = system.restic_image, system.client_image
  local by = { SYSTEM = system.name, VERSION = system.version and "-" .. system.version or "", BACKEND = self:backend(),
    LOGIN = flow(self.login, '%s: "%s"'), PARAMS = flow(params, '{name: %s, value: "%s"}'),
    SETTINGS = self.settings, KIND = system.kind or "Service", TARGET = system.target or "database",
    NAMESPACE = self.namespace, SESSION = session }
  return (FILES[direction]:gsub("%u%u%u%u+", by))
end

function Site:write(login) self.login = login or self.system.login end

function Site.new(system, machine)
  for name in pairs(machine) do assert(Site[name] == nil, name .. " is of sites and of the machine") end
  local self = { system = system, login = system.login, folder = command "mktemp -d", port = Catalog.free_port() }
  setmetatable(self, { __index = function(_, name)
    if machine[name] ~= nil then return machine[name] end
    return Site[name]
  end })
  self.secret = system.login and system.login.password
  command("chmod 755 %s", self.folder)
  self:open()
  return self
end

-- --- the server

function Site:start()
  self:start_server()
  for _ = 1, 150 do
    if select(3, shell.run(self:line_in_server(self.system.ready(self)))) == 0 then return end
    command "sleep 0.2"
  end
  error("the server does not start: " .. self:server_log(), 2)
end

function Site:client(text, input)
  local out, err, status = shell.run(self:line_in_server(text), input or "")
  if status ~= 0 then error(("%s ended with %d: %s%s"):format(text, status, out, err), 2) end
  return out
end

-- Whether somebody is connected to the server: what listens everywhere may have its connections among those of IPv6.
function Site:is_connected()
  return self:client("cat /proc/net/tcp*"):find((":%04X %%x+:%%x+ 01 "):format(self.port)) ~= nil
end

-- --- moonstep

function Site:run(direction)
  local out, err, status = shell.run(self:line_of(direction))
  return { out = out, err = err, status = status }
end

local function must(self, direction)
  local ran = self:run(direction)
  if ran.status ~= 0 then error(("the %s ended with %d:\n%s%s"):format(direction, ran.status, ran.out, ran.err), 3) end
  return ran
end

function Site:backup() return must(self, "backup") end
function Site:restore() return must(self, "restore") end

-- await(what, done [, seconds]): until done() gives something, which is returned; a minute and a half at most if nothing is said.
function Site.await(what, done, seconds)
  local deadline = os.time() + (seconds or 90)
  repeat
    local found = done()
    if found then return found end
    command "sleep 0.1"
  until os.time() > deadline
  error(what .. " never happened", 2)
end

-- begin_line(command line): runs it in the background; see begin_held.
function Site:begin_line(line)
  local at = self.folder .. "/running"
  command("rm -rf %s && mkdir %s", at, at)
  os.execute(("( ( exec %s ) >%s/out 2>%s/err & echo $! >%s/pid; wait $!; echo $? >%s/status ) 2>/dev/null &"):format(line, at, at, at, at))
  local function pid() return shell.exists(at .. "/pid") and shell.read(at .. "/pid"):match "%d+" end
  local running = { pid = Site.await("the start", pid) }
  function running.said() return shell.read(at .. "/out") .. shell.read(at .. "/err") end
  function running.finish()
    local status = Site.await("its end", function() return shell.exists(at .. "/status") and tonumber(shell.read(at .. "/status")) end, 120)
    return { out = shell.read(at .. "/out"), err = shell.read(at .. "/err"), status = status }
  end
  return running
end

-- begin_held([more options]) -> a backup that was begun, when its dump waits for the server
function Site:begin_held(more)
  self.system.hold(self)
  local running = self:begin_line(self:line_of "backup" .. (more or ""))
  local ok = pcall(Site.await, "the dump", function() return self.system.is_held(self) end)
  if not ok then error("the dump never waited for the server: " .. running.said(), 2) end
  return running
end

function Site:close()
  if self.system.close then self.system.close(self) end
  self:clear()
  command("rm -rf %s", self.folder)
end

return Site
