-- A system to back up, and all that its backups need: a server in a container, a repository in a folder, and the files that `moonstep run
-- --local` is given. The podman is that of tests/e2e/machine, inside of which this runs.
--
--   local site = Site.new(system)     system: a table of systems/
--   site:start()                      starts its server on data that may be there, and waits until it answers
--   site:client(text [, input])       runs a shell text beside the server; returns what it prints
--   site:backup(), site:restore()     run the Task; raise where it fails
--   site:run(direction)               -> { out, err, status } of `moonstep run --local`
--   site:begin(direction)             the same in the background -> running; running:finish() -> the same; running.pid
--   site:close()                      and nothing of it is left
local Catalog = dofile "tests/catalog/site.lua"
local shell = dofile "tests/lib/shell.lua"

local Site = {}
Site.__index = Site

local command, quote = Catalog.command, shell.quote
local tool = command("realpath %s", quote(shell.moonstep))

Site.command, Site.PASSWORD = command, "s'e\"c $r@t/:#"

local SECRETS = [[
apiVersion: v1
kind: Secret
metadata: {name: repository, namespace: e2e}
stringData: {RESTIC_PASSWORD: "p'w \"$(id)\" ${x} \\ é"}
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: e2e}
stringData: {LOGIN}
---
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repository, namespace: e2e}
spec: {backend: {local: {hostPath: {path: FOLDER/repository}, mountPath: /repository}, storageSecretName: repository}}
---
]]

local FILES = {
  backup = SECRETS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: backup, namespace: e2e}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-backupVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: KIND, name: TARGET}}
  retentionPolicy: {name: five, keepLast: 5, prune: true}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: backup-1, namespace: e2e}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: backup}}
]],
  restore = SECRETS .. [[
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: restore, namespace: e2e}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-restoreVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: KIND, name: TARGET}, rules: [{snapshots: [latest]}]}
]],
}

-- "name: value, …", each value quoted.
local function flow(map, format)
  local list = {}
  for name, v in pairs(map or {}) do list[#list + 1] = format:format(name, (v:gsub('["\\]', "\\%0"))) end
  return table.concat(list, ", ")
end

-- Writes the files that moonstep is given. The login is the system's own if nothing is said.
function Site:write(login)
  local system = self.system
  local by = { SYSTEM = system.name, VERSION = system.version and "-" .. system.version or "", FOLDER = self.folder,
    LOGIN = flow(login or system.login, '%s: "%s"'), PARAMS = flow(system.params(self), '{name: %s, value: "%s"}'),
    KIND = system.kind or "Service", TARGET = system.target or "database" }
  for direction, text in pairs(FILES) do shell.write(("%s/%s.yaml"):format(self.folder, direction), (text:gsub("%u%u%u%u+", by))) end
end

function Site.new(system)
  local self = setmetatable({ system = system, folder = command "mktemp -d", port = Catalog.free_port(), volumes = {} }, Site)
  self.id = "moonstep-e2e-" .. system.name
  self.secret = system.login and system.login.password
  command("chmod 755 %s && cd %s && mkdir -m 777 repository data tmp", self.folder, self.folder)
  self:write()
  return self
end

-- volume(claim) -> the folder of a claim, which podman has as a volume
function Site:volume(claim)
  local name = "moonstep-e2e-" .. claim
  if not self.volumes[name] then
    shell.run("podman volume rm -f " .. name) -- of a test that was killed
    command("podman volume create %s", name)
    self.volumes[name] = command("podman volume inspect --format '{{.Mountpoint}}' %s", name)
    command("chmod 777 %s", self.volumes[name])
  end
  return self.volumes[name]
end

-- --- the server

-- A name and value as podman takes it.
local function environment(self)
  local words = {}
  for name, v in pairs(self.system.environment and self.system.environment(self) or {}) do
    words[#words + 1] = "-e " .. quote(name .. "=" .. v)
  end
  return table.concat(words, " ")
end

function Site:start()
  local system = self.system
  shell.run("podman rm -f -t 0 " .. self.id)
  command("%s", ("podman run -d --name %s --network host --user 999:999 -v %s:/data %s %s sh -c %s"):format(self.id,
    system.data and self:volume(system.data) or self.folder .. "/data", environment(self), system.image, quote(system.server(self))))
  for _ = 1, 150 do
    if select(3, shell.run(("podman exec %s sh -c %s"):format(self.id, quote(system.ready(self))))) == 0 then return end
    command "sleep 0.2"
  end
  error("the server does not start: " .. table.concat({ shell.run("podman logs " .. self.id) }, "\n", 1, 2), 2)
end

-- stop(): at once, as if its machine had lost its power.
function Site:stop() command("podman rm -f -t 0 %s", self.id) end

function Site:client(text, input)
  local out, err, status = shell.run(("podman exec -i %s sh -c %s"):format(self.id, quote(text)), input or "")
  if status ~= 0 then error(("%s ended with %d: %s%s"):format(text, status, out, err), 2) end
  return out
end

-- begin_client(text): the same without waiting.
function Site:begin_client(text) command("podman exec -d %s sh -c %s", self.id, quote(text)) end

-- --- moonstep

local function line_of(self, direction)
  return ("TMPDIR=%s/tmp %s run --local -f %s/%s.yaml --network host --logs --retries 0"):format(self.folder, quote(tool), self.folder,
    direction)
end

function Site:run(direction)
  local out, err, status = shell.run(line_of(self, direction))
  return { out = out, err = err, status = status }
end

local function must(self, direction)
  local ran = self:run(direction)
  if ran.status ~= 0 then error(("the %s ended with %d:\n%s%s"):format(direction, ran.status, ran.out, ran.err), 3) end
  return ran
end

function Site:backup() return must(self, "backup") end
function Site:restore() return must(self, "restore") end

-- await(what, done): until done() gives something, which is returned; half a minute at most.
function Site.await(what, done)
  for _ = 1, 300 do
    local found = done()
    if found then return found end
    command "sleep 0.1"
  end
  error(what .. " never happened", 2)
end

function Site:begin(direction)
  local at = self.folder .. "/running"
  command("rm -rf %s && mkdir %s", at, at)
  os.execute(("( ( export %s ) >%s/out 2>%s/err & echo $! >%s/pid; wait $!; echo $? >%s/status ) 2>/dev/null &"):format(
    line_of(self, direction):gsub("^(%S+) ", "%1; exec "), at, at, at, at))
  local function pid() return shell.exists(at .. "/pid") and shell.read(at .. "/pid"):match "%d+" end
  local running = { pid = Site.await("the start", pid) }
  function running.finish()
    local status = Site.await("its end", function() return shell.exists(at .. "/status") and tonumber(shell.read(at .. "/status")) end)
    return { out = shell.read(at .. "/out"), err = shell.read(at .. "/err"), status = status }
  end
  return running
end

-- step() -> the container of the step that runs now | nil
function Site.step() return (shell.run "podman ps -q --filter label=moonstep.run"):match "%x+" end

-- left() -> what is left of runs, but for claims: "" when there is nothing
function Site:left()
  return (shell.run(("podman ps -a -q --filter label=moonstep.run; find %s/tmp -mindepth 1 ! -name lock ! -name 'moonstep-*'"):format(
    self.folder)))
end

function Site:close()
  shell.run("podman rm -f -t 0 " .. self.id)
  for name in pairs(self.volumes) do shell.run("podman volume rm -f " .. name) end
  command("rm -rf %s", self.folder)
end

return Site
