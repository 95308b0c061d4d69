-- A folder with what a backup needs: a repository on the disk, the Secret of it, scratch space; and the Jobs that the catalogue gives for
-- it.
local compare = dofile "tests/lib/compare.lua"
local pod = dofile "tests/catalog/pod.lua"
local shell = dofile "tests/lib/shell.lua"

local Site = {}
Site.__index = Site

local function command(line, ...)
  local out, err, status = shell.run(line:format(...))
  if status ~= 0 then error(("%s ended with %d: %s%s"):format(line:format(...), status, out, err), 2) end
  return (out:gsub("\n$", ""))
end

local INPUT = [[
apiVersion: stash.appscode.com/v1alpha1
kind: Repository
metadata: {name: repository, namespace: test}
spec: {backend: {local: {persistentVolumeClaim: {claimName: backups}, mountPath: /repository}, storageSecretName: repository}}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupConfiguration
metadata: {name: backup, namespace: test}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-backupVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: Service, name: database}}
  retentionPolicy: {name: two, keepLast: 2, prune: true}
---
apiVersion: stash.appscode.com/v1beta1
kind: BackupSession
metadata: {name: backup-1, namespace: test}
spec: {invoker: {apiGroup: stash.appscode.com, kind: BackupConfiguration, name: backup}}
---
apiVersion: stash.appscode.com/v1beta1
kind: RestoreSession
metadata: {name: restore, namespace: test}
spec:
  repository: {name: repository}
  task: {name: SYSTEM-restoreVERSION, params: [PARAMS]}
  target: {ref: {apiVersion: v1, kind: Service, name: database}, rules: [{snapshots: [latest]}]}
]]

-- new(system, version or nil, params) -> site, whose Jobs are rendered. The repository's password is an awkward one.
function Site.new(system, version, params)
  local self = setmetatable({ folder = command "mktemp -d" }, Site)
  local list = {}
  for name, v in pairs(params) do list[#list + 1] = ("{name: %s, value: %q}"):format(name, v) end
  local text = INPUT:gsub("SYSTEM", system):gsub("VERSION", version and "-" .. version or ""):gsub("PARAMS", table.concat(list, ", "))
  local out, err, status = shell.run(shell.moonstep .. " render -f - -o json", text)
  assert(status == 0, err)
  local jobs = compare.parse(out, "rendered")[1].items
  self.backup_job, self.restore_job = jobs[1], jobs[2]
  self.secrets = { repository = { RESTIC_PASSWORD = "p'w \"$(id)\" ${x} \\ é" } }
  self.path = "/usr/local/bin:/usr/bin:/bin"
  self.user = 65534
  command("chmod 755 %s && cd %s && mkdir -m 777 repository secret data && printf %%s %s >secret/RESTIC_PASSWORD", self.folder, self.folder,
    shell.quote(self.secrets.repository.RESTIC_PASSWORD))
  return self
end

-- Puts the programs of busybox before all others, as images of Alpine have them.
function Site:use_busybox()
  local bin = self.folder .. "/busybox"
  command("mkdir -p %s && /bin/busybox --install -s %s && chmod -R a+rX %s", bin, bin, bin)
  self.path = bin .. ":" .. self.path
end

-- Runs one of the two Jobs in scratch space of its own. Returns what pod.run returns.
function Site:run(job)
  local scratch = self.folder .. "/scratch"
  command("rm -rf %s && mkdir -m 777 %s", scratch, scratch)
  return pod.run(job, { secrets = self.secrets, path = self.path, user = self.user, folders = { ["stash-tmp-dir"] = scratch,
    ["stash-local"] = self.folder .. "/repository", ["repository-secret"] = self.folder .. "/secret",
    ["target-data"] = self.folder .. "/data" } })
end

-- What a step left in the output directory; "" when it left nothing.
function Site:output(name)
  local path = self.folder .. "/scratch/output/" .. name
  return shell.exists(path) and shell.read(path) or ""
end

-- Runs a Job, which must succeed.
function Site:must(job)
  local status, said = self:run(job)
  local failure = self:output "status.json"
  if status ~= 0 or failure ~= "" then error(("ended with %d: %s\n%s"):format(status, failure, said), 2) end
  return said
end

function Site:backup() return self:must(self.backup_job) end
function Site:restore() return self:must(self.restore_job) end

-- Starts a server that ends with this program, or with Site:stop, and waits for `ready` to succeed.
function Site:start(line, ready)
  local log = self.folder .. "/server.log"
  self.server = assert(io.popen(("{ %s & pid=$!; cat >/dev/null; kill $pid; wait $pid; } >%s 2>&1"):format(line, log), "w"))
  for _ = 1, 300 do
    if os.execute(("( %s ) >/dev/null 2>&1"):format(ready)) then return end
    os.execute "sleep 0.1"
  end
  local why = shell.read(log)
  self:stop()
  error("the server does not start: " .. why, 2)
end

function Site:stop()
  if self.server then self.server:close() end
  self.server = nil
end

function Site:close()
  self:stop()
  os.execute("rm -rf " .. self.folder)
end

-- A port of loopback that nobody listens on.
function Site.free_port()
  for _ = 1, 100 do
    local port = math.random(20000, 32000)
    if not os.execute(("bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d' 2>/dev/null"):format(port)) then return port end
  end
  error "no free port"
end

Site.command = command

return Site
