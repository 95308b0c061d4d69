-- inputs.lua MOONSTEP FOLDER: what checks.c runs over. In FOLDER: jobs.yaml, 10,000 Jobs that are rendered from the example, each for a
-- target of its own; pods/, 4,500 small files with a Pod each; rules-1.lua and rules-100.lua, that many rules which select by namespace.
local shell = dofile "tests/lib/shell.lua"

local moonstep, folder = assert(..., "inputs.lua MOONSTEP FOLDER"), assert(select(2, ...))
local JOBS, PODS = 10000, 4500
local DIGEST = "@sha256:" .. ("0123456789abcdef"):rep(4)

os.execute(("mkdir -p %s/pods"):format(folder))

-- The example, with a BackupConfiguration and a BackupSession for each target, and images that the packs have nothing against.
local function render_jobs()
  local objects = shell.read "examples/postgres/backup.yaml"
  local invoker = objects:match "(apiVersion: stash.appscode.com/v1beta1\nkind: BackupConfiguration\n.-)\n%-%-%-"
  local session = objects:match "(apiVersion: stash.appscode.com/v1beta1\nkind: BackupSession\n.*)$"
  local all = { objects:sub(1, objects:find(invoker, 1, true) - 1) .. "---" }
  for i = 1, JOBS do
    local name = ("pg-%05d"):format(i)
    all[#all + 1] = invoker:gsub("sample%-postgres", name)
    all[#all + 1] = session:gsub("sample%-postgres", name)
  end
  local functions = shell.read "examples/postgres/functions.yaml":gsub("image: [^\n]*", "image: registry.example/tool" .. DIGEST)
  shell.write(folder .. "/inputs.yaml", table.concat(all, "\n---\n"))
  shell.write(folder .. "/functions.yaml", functions)
  local line = "%s render -f %s/inputs.yaml -f %s/functions.yaml -f examples/postgres/task.yaml > %s/jobs.yaml"
  line = line:format(moonstep, folder, folder, folder)
  assert(os.execute(line), "the Jobs cannot be rendered")
end

-- Pods that one level or the other admits, or neither.
local FIELDS = { "", "  hostNetwork: true\n", "  hostPID: false\n",
  "  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n" }
local CONTEXTS = { "", "    securityContext: {privileged: true}\n", "    securityContext: {allowPrivilegeEscalation: false}\n",
  "    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}\n",
  "    securityContext: {capabilities: {add: [NET_ADMIN]}}\n", "    securityContext: {runAsUser: 0}\n" }

local function write_pods()
  for i = 0, PODS - 1 do
    local text = ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod%d\nspec:\n%s  containers:\n  - image: registry.k8s.example/pause\n"
      .. "    name: container1\n%s  initContainers:\n  - image: registry.k8s.example/pause\n    name: initcontainer1\n%s"):format(i,
      FIELDS[i % #FIELDS + 1], CONTEXTS[i // 4 % #CONTEXTS + 1], CONTEXTS[i // 24 % #CONTEXTS + 1])
    shell.write(("%s/pods/pod%d.yaml"):format(folder, i), text)
  end
end

local function write_rules(count)
  local all = {}
  for i = 1, count do
    local rule = 'rule "site/%d" { summary = "s", kinds = { "Job" }, select = { namespace = "other-%d-*" }, check = function() end }\n'
    all[i] = rule:format(i, i)
  end
  shell.write(("%s/rules-%d.lua"):format(folder, count), table.concat(all))
end

render_jobs()
write_pods()
write_rules(1)
write_rules(100)
