-- Asks a real API server about the corpus and writes verdicts.txt:
--   KUBECONFIG=… build/moonstep-lua tests/policies/kubernetes/record.lua
--
-- The server is that of the kubeconfig, whose administrator must have a client certificate; kubectl, curl and jq are needed. All is asked
-- with dryRun=All, so that nothing is kept but the namespace. A CronJob is asked for as batch/v1beta1, which is what servers before 1.21
-- have.
local load = require "engine.load"
local mutate = dofile "tests/policies/kubernetes/mutate.lua"
local value = require "base.value"
local verdicts = dofile "tests/policies/kubernetes/verdicts.lua"
local write = require "output.write"

local NAMESPACE = "judge"
local PATHS = {
  Job = "apis/batch/v1/namespaces/judge/jobs", CronJob = "apis/batch/v1beta1/namespaces/judge/cronjobs",
    Pod = "api/v1/namespaces/judge/pods",
  PersistentVolumeClaim = "api/v1/namespaces/judge/persistentvolumeclaims", Secret = "api/v1/namespaces/judge/secrets",
  ConfigMap = "api/v1/namespaces/judge/configmaps", ServiceAccount = "api/v1/namespaces/judge/serviceaccounts",
  Role = "apis/rbac.authorization.k8s.io/v1/namespaces/judge/roles",
  RoleBinding = "apis/rbac.authorization.k8s.io/v1/namespaces/judge/rolebindings", Namespace = "api/v1/namespaces",
}

local function run(command)
  local pipe = assert(io.popen(command))
  local out = pipe:read "a"
  assert(pipe:close(), command)
  return out
end

local function save(file, text)
  local handle = assert(io.open(file, "w"))
  handle:write(text)
  handle:close()
end

local function read(file)
  local handle = io.open(file)
  local text = handle and handle:read "a"
  if handle then handle:close() end
  return text
end

-- --- asking

-- The lines of curl's configuration that say who asks; certificates are written into the folder.
local function credentials(folder)
  local config = "kubectl config view --raw --minify -o jsonpath='{%s}'"
  local function part(what, file)
    run((config .. " | base64 -d > %s/%s"):format(what, folder, file))
    return folder .. "/" .. file
  end
  local lines = ("cacert = %s\ncert = %s\nkey = %s\n"):format(part(".clusters[0].cluster.certificate-authority-data", "ca"),
    part(".users[0].user.client-certificate-data", "cert"), part(".users[0].user.client-key-data", "key"))
  return lines, run(config:format ".clusters[0].cluster.server")
end

local function ask_all(changes, folder)
  local who, server = credentials(folder)
  local requests = {}
  for i, change in ipairs(changes) do
    local kind, version = mutate.kind[change.base], change.object.apiVersion
    if kind == "CronJob" and version == "batch/v1" then change.object.apiVersion = "batch/v1beta1" end
    save(("%s/%d.in"):format(folder, i), assert(write.text(change.object, "ndjson")))
    change.object.apiVersion = version
    requests[i] = who .. ('url = "%s/%s?dryRun=All"\nheader = "Content-Type: application/json"\n'):format(server, PATHS[kind])
      .. ('data-binary = "@%s/%d.in"\noutput = "%s/%d.out"\n'):format(folder, i, folder, i)
  end
  save(folder .. "/config", table.concat(requests, "next\n"))
  run(("curl --silent --config %s/config"):format(folder))
end

-- --- reading answers

local function is_nothing(v) return value.is_empty(v) or v == false or v == 0 end

-- The first field that was sent and is not in the answer.
local function dropped(sent, got, path)
  for _, key in ipairs(value.keys(sent)) do
    local at = math.type(key) and ("%s[%d]"):format(path, key - 1) or path == "" and key or path .. "." .. key
    if not is_nothing(sent[key]) then
      if type(got) ~= "table" or got[key] == nil then return at end
      if type(sent[key]) == "table" then
        local below = dropped(sent[key], got[key], at)
        if below then return below end
      end
    end
  end
end

-- Fields that a server sets as it likes, or keeps under another name.
local function without_own(object)
  local copy = value.copy(object)
  copy.status, copy.stringData = nil, nil
  if type(copy.metadata) == "table" then copy.metadata.creationTimestamp = nil end
  return copy
end

-- The fields that an answer names, those below what was changed without its path.
local function fields_of(status, changed)
  local fields, seen = {}, {}
  for _, cause in ipairs(value.get(status, "details", "causes") or {}) do
    local field = cause.field
    if field and changed ~= "" and field:sub(1, #changed) == changed then field = "~" .. field:sub(#changed + 1) end
    if field and not seen[field] then fields[#fields + 1] = field end
    seen[field or ""] = true
  end
  return table.concat(fields, " ")
end

local function verdict_of(change, text)
  local answer = load.next(load.reader(load.source(text, "answer")))
  if answer.kind ~= "Status" then
    local field = dropped(without_own(change.object), answer, "")
    return field and "drops " .. field or "ok"
  end
  if answer.reason == "Forbidden" then return "admission " .. answer.message:gsub("%s+", " "):sub(1, 120) end
  local fields = fields_of(answer, change.path)
  if answer.message:find "cannot be handled as" or answer.message:find "unrecognized" then return "no (undecodable)" end
  local why = fields ~= "" and fields or ("(%s)"):format(answer.message:gsub("%s+", " "):sub(1, 60))
  return "no " .. why
end

-- --- all of it

local changes = mutate.all()
local folder = run "mktemp -d":gsub("\n", "")
os.execute(("kubectl create namespace %s >/dev/null 2>&1"):format(NAMESPACE))
run(("for _ in $(seq 30); do kubectl -n %s get serviceaccount default >/dev/null && exit; sleep 1; done; exit 1"):format(NAMESPACE))
ask_all(changes, folder)
local by_id, counts = {}, {}
for i, change in ipairs(changes) do
  local text = read(("%s/%d.out"):format(folder, i))
  local verdict = text and verdict_of(change, text) or "unasked"
  local word = verdict:match "^%w+"
  counts[word] = (counts[word] or 0) + 1
  by_id[verdicts.id(change)] = verdict
end
local version = run "kubectl version -o json | jq -r .serverVersion.gitVersion":gsub("\n", "")
verdicts.write(changes, by_id, ("What Kubernetes %s says to the corpus."):format(version))
for _, word in ipairs(value.keys(counts)) do print(("%s: %d"):format(word, counts[word])) end
os.execute("rm -r " .. folder)
