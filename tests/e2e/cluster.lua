-- The machine of a site that is a cluster, that of KUBECONFIG: `moonstep run` of sessions that lie there, servers in Pods, claims on
-- volumes of its node, and a service account whose rights are those that `moonstep catalog rbac` prints. It takes a cluster of one node, as
-- volumes are folders of it (in /var/tmp; the repository is a small file system of its own, for what happens when it is full), rights to do
-- all there, privileged Pods too, and kubectl. A namespace of the site's own holds all but the volumes.
--
-- Kinds of Stash that it lacks are those of `moonstep crds` as long as the tests run.
--
-- Images of tests/e2e/images are loaded by a command that the environment names; see site.lua for what each function is for.
--
--   E2E_LOAD_IMAGE           a command that is given the path of an archive, as `podman save` writes it: "kind load image-archive",
--                            "k3s ctr images import", "ctr -n k8s.io images import"; without it, the images are there already
--   E2E_RESTART_API_SERVER   a command that ends the API server and starts it again; without it, that fault is passed over
local json = require "kube.json"
local shell = dofile "tests/lib/shell.lua"
local Site = dofile "tests/e2e/site.lua"

local cluster = { name = "cluster", bind = "0.0.0.0", settings = "runtimeSettings: {pod: {serviceAccountName: moonstep}}" }

local command, quote = Site.command, shell.quote

cluster.TOOLS = "moonstep/e2e-tools:1"

local FOLDERS = "/var/tmp" -- of the node, where each site has one of its own for volumes
local ROOM = "24m" -- for a repository

local function kubectl(site, words) return command("%s", ("kubectl -n %s %s"):format(site.namespace, words)) end

local function apply(site, object)
  local _, err, status = shell.run(("kubectl -n %s apply --server-side --force-conflicts -f -"):format(site.namespace),
    type(object) == "string" and object or json.encode(object))
  if status ~= 0 then error("kubectl apply: " .. err, 2) end
end

-- --- the namespace, and its volumes

local function claims_of(system)
  local list = { "repository" }
  if system.server then list[2] = system.data or "data" end
  if system.kind == "PersistentVolumeClaim" then list[#list + 1] = system.target end
  return list
end

local function volume_of(site, claim) return ("%s-%s"):format(site.namespace, claim) end
local function folder_of(site, claim) return ("%s/%s/%s"):format(FOLDERS, site.namespace, claim) end

local function add_claim(site, claim)
  local size = { storage = "1Gi" }
  apply(site, { apiVersion = "v1", kind = "PersistentVolume", metadata = { name = volume_of(site, claim) }, spec = { capacity = size,
    accessModes = { "ReadWriteMany" }, persistentVolumeReclaimPolicy = "Retain", storageClassName = "",
    hostPath = { path = folder_of(site, claim), type = "Directory" },
    claimRef = { namespace = site.namespace, name = claim } } })
  apply(site, { apiVersion = "v1", kind = "PersistentVolumeClaim", metadata = { name = claim }, spec = { accessModes = { "ReadWriteMany" },
    storageClassName = "", volumeName = volume_of(site, claim), resources = { requests = size } } })
end

-- A Pod that sees the node's folder and processes, for what a test does behind moonstep's back.
local function start_tools(site)
  apply(site, { apiVersion = "v1", kind = "Pod", metadata = { name = "tools" }, spec = { restartPolicy = "Never", hostPID = true,
    automountServiceAccountToken = false, terminationGracePeriodSeconds = 0, containers = { { name = "tools", image = cluster.TOOLS,
      command = { "sh", "-c", "sleep infinity" }, volumeMounts = { { name = "node", mountPath = FOLDERS } } } },
    volumes = { { name = "node", hostPath = { path = FOLDERS, type = "Directory" } } } } })
  kubectl(site, "wait --for=condition=Ready pod/tools --timeout=60s")
end

-- A Pod that may do on the node what its root may: file systems that it mounts are there for all Pods that start later. Whoever started its
-- container is a process that sees the node's files.
local function start_node(site)
  apply(site, { apiVersion = "v1", kind = "Pod", metadata = { name = "node" }, spec = { restartPolicy = "Never", hostPID = true,
    automountServiceAccountToken = false, terminationGracePeriodSeconds = 0, containers = { { name = "node", image = cluster.TOOLS,
      command = { "sh", "-c", "echo $PPID >/tmp/parent; sleep infinity" }, securityContext = { privileged = true } } } } })
  kubectl(site, "wait --for=condition=Ready pod/node --timeout=60s")
end

local function on_node(site, text)
  return kubectl(site, "exec node -- sh -c " .. quote("exec nsenter -t $(cat /tmp/parent) -m -- sh -c " .. quote(text)))
end

-- What there is of the volumes of a site, also of one that was killed.
local function remove_volumes(site)
  local of_site = ("%s/%s"):format(FOLDERS, site.namespace)
  on_node(site, ("while umount %s/repository 2>/dev/null; do :; done; rm -rf %s"):format(of_site, of_site))
end

local function make_volumes(site)
  remove_volumes(site)
  for _, claim in ipairs(claims_of(site.system)) do
    on_node(site, ("mkdir -p %s && chmod 777 %s"):format(folder_of(site, claim), folder_of(site, claim)))
    add_claim(site, claim)
  end
  on_node(site, ("mount -t tmpfs -o size=%s,mode=0777 tmpfs %s"):format(ROOM, folder_of(site, "repository")))
end

local function tools(site, text) return kubectl(site, "exec tools -- sh -c " .. quote(text)) end

-- Removes what there is of a site of that name; another test may have left it when it was killed.
local function remove_all(site)
  shell.run(("kubectl delete namespace %s --ignore-not-found"):format(site.namespace))
  for _, claim in ipairs(claims_of(site.system)) do
    shell.run(("kubectl delete persistentvolume %s --ignore-not-found"):format(volume_of(site, claim)))
  end
  shell.run(("kubectl delete clusterrole,clusterrolebinding --ignore-not-found moonstep-%s-moonstep"):format(site.namespace))
end

function cluster.open(site)
  site.namespace, site.number = "moonstep-e2e-" .. site.system.name, 0
  remove_all(site)
  command("kubectl create namespace %s", site.namespace)
  command("%s catalog rbac %s -n %s | kubectl apply -f -", quote(Site.tool), site.system.rights or "", site.namespace)
  start_node(site)
  make_volumes(site)
  start_tools(site)
end

function cluster.clear(site)
  shell.run(("kubectl -n %s delete pods --all --grace-period=0 --field-selector metadata.name!=node"):format(site.namespace))
  remove_volumes(site)
  remove_all(site)
end

function cluster.backend() return "{persistentVolumeClaim: {claimName: repository}, mountPath: /repository}" end

function cluster.at(site, claim, text) return tools(site, ("cd %s && %s"):format(folder_of(site, claim), text)) end

-- --- the server

-- Its process is known by a file: in a Pod whose containers share their processes, no signal is kept from it. A `$` of a command is
-- doubled, as Kubernetes reads it.
function cluster.start_server(site)
  local system, env = site.system, {}
  for name, v in pairs(system.environment and system.environment(site) or {}) do env[#env + 1] = { name = name, value = v } end
  kubectl(site, "delete pod server --ignore-not-found --grace-period=1")
  apply(site, { apiVersion = "v1", kind = "Pod", metadata = { name = "server" }, spec = { restartPolicy = "Never",
    shareProcessNamespace = true, automountServiceAccountToken = false, securityContext = { runAsUser = 999, runAsGroup = 999 },
    containers = { { name = "server", image = system.image, env = env[1] and env, command = { "sh", "-c",
      (("echo $$ >/tmp/server.pid\n" .. system.server(site)):gsub("%$", "$$")) },
      volumeMounts = { { name = "data", mountPath = "/data" } } } },
    volumes = { { name = "data", persistentVolumeClaim = { claimName = system.data or "data" } } } } })
  kubectl(site, "wait --for=condition=Ready pod/server --timeout=60s")
  site.host = kubectl(site, "get pod server -o jsonpath='{.status.podIP}'")
end

function cluster.server_log(site) return kubectl(site, "logs server") end

function cluster.line_in_server(site, text) return ("kubectl -n %s exec -i server -- sh -c %s"):format(site.namespace, quote(text)) end

function cluster.begin_client(site, text) site:client(("( %s ) </dev/null >/dev/null 2>&1 &"):format(text)) end

function cluster.signal(site, name) site:client(("kill -%s $(cat /tmp/server.pid)"):format(name)) end

function cluster.stop(site)
  shell.run(site:line_in_server "kill -KILL $(cat /tmp/server.pid)")
  kubectl(site, "delete pod server --grace-period=1")
end

-- --- runs

-- Each run has a session of its own, which is put there with all that it refers to; moonstep is given its name alone.
function cluster.line_of(site, direction)
  site.number = site.number + 1
  site.session = ("%s-%d"):format(direction, site.number)
  site.kind = direction == "backup" and "BackupSession" or "RestoreSession"
  apply(site, site:text(direction, site.session))
  return cluster.line_again(site)
end

-- The line of the last run once more. Nobody takes metrics here.
function cluster.line_again(site)
  return ("%s run --cluster -n %s --session %s --logs --retries 0 --start-timeout 120s --option pushgatewayUrl="):format(quote(Site.tool),
    site.namespace, site.session)
end

-- pod_of_run(site) -> the Pod of the last run's Job | nil
function cluster.pod_of_run(site)
  for _, pod in ipairs(json.decode(kubectl(site, "get pods -l job-name -o json")).items) do
    local phase = pod.status.phase
    if pod.metadata.labels["job-name"]:find("%f[%w]" .. site.session:gsub("%-", "%%-") .. "%f[^%w]") and
      (phase == "Pending" or phase == "Running") and not pod.metadata.deletionTimestamp then return pod end
  end
end

-- The container of the step that runs.
local function container_of(site)
  local pod = site:pod_of_run()
  for _, status in ipairs(pod and pod.status.initContainerStatuses or {}) do
    if status.state.running then return status.containerID:match "%x+$" end
  end
end

-- Its first process, with all others of its container.
function cluster.kill_step(site)
  local id = Site.await("the step", function() return container_of(site) end)
  tools(site, ("kill -KILL $(grep -l %s /proc/[0-9]*/cgroup | cut -d/ -f3) || true"):format(id)) -- some are gone by then
end

-- A Pod that is ended has some time to end.
function cluster.left(site)
  local found
  for _ = 1, 45 do
    found = shell.run(("kubectl -n %s get pods -l job-name -o name --field-selector status.phase!=Succeeded,status.phase!=Failed"):format(
      site.namespace))
    if found == "" then break end
    command "sleep 1"
  end
  return found
end

function cluster.told(site)
  local status = json.decode(kubectl(site, ("get %s %s -o json"):format(site.kind, site.session))).status or {}
  local repository = json.decode(kubectl(site, "get repositories.stash.appscode.com repository -o json")).status or {}
  local target = status.targets and status.targets[1] or status
  local host = target.stats and target.stats[1] or {}
  return { phase = status.phase, error = host.error, snapshot = host.snapshots and host.snapshots[1].name,
    integrity = repository.integrity, snapshots = repository.snapshotCount }
end

-- --- what it takes

function cluster.is_possible()
  if (os.getenv "KUBECONFIG" or "") == "" then return false, "KUBECONFIG names no cluster" end
  local _, err, status = shell.run "kubectl get nodes"
  return status == 0, err
end

-- What of another one's would go with the kinds.
local function in_use()
  local out, _, status = shell.run("kubectl get backupconfigurations.stash.appscode.com,backupsessions.stash.appscode.com,"
    .. "restoresessions.stash.appscode.com,repositories.stash.appscode.com --all-namespaces -o name")
  return status ~= 0 or out ~= ""
end

-- set_up() -> what ends it: kinds that the cluster lacks are there as long as the tests run, and longer where another uses them by then.
function cluster.set_up()
  if select(3, shell.run "kubectl get customresourcedefinition backupsessions.stash.appscode.com") == 0 then return function() end end
  command("%s crds | kubectl apply --server-side -f -", quote(Site.tool))
  command("%s crds | kubectl wait --for=condition=established --timeout=60s -f -", quote(Site.tool))
  return function()
    if not in_use() then shell.run(("%s crds | kubectl delete --ignore-not-found -f -"):format(quote(Site.tool))) end
  end
end

function cluster.images(names)
  local load = os.getenv "E2E_LOAD_IMAGE"
  if not load then return end
  local archive = command "mktemp"
  for _, name in ipairs(names) do
    command("rm -f %s && podman save -q -o %s %s && %s %s", archive, archive, quote(name), load, archive)
  end
  os.remove(archive)
end

return cluster
