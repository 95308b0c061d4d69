-- What is remembered about objects must not change what is said about them: streams of objects that differ in a little are checked with and
-- without --no-plan, and every byte is the same. The rules are those of the packs, and probe.lua's, which look in every way there is.
local shell = dofile "tests/lib/shell.lua"

local DOCUMENTS, STREAMS = 400, 6

-- A line of a Job may stand in several forms; `false` leaves it out.
local LINES = {
  { "apiVersion: batch/v1", "apiVersion: v1" }, { "kind: Job", "kind: Job", "kind: Pod", "kind: ConfigMap", "kind: CronJob" },
  { "metadata:" }, { "  name: db%d", "  name: a", "  name: nightly-%d", "  name: 7" },
  { false, "  namespace: shop-1", "  namespace: shop-2", "  namespace: broken", "  namespace: null" },
  { false, "  labels: {tier: db, app: shop}", "  labels: {app: beta, tier: dx}", "  labels: {tier: web, b: \"%d\"}", "  labels: text" },
  { false, "  annotations: {a: \"1\"}", "  annotations: {a: null, b: [1, 2]}" },
  { "spec:" }, { false, "  replicas: 3", "  replicas: 2", "  replicas: 2.5", "  replicas: \"3\"" },
  { false, "  suspend: true", "  suspend: false", "  suspend: null" }, { false, "  hostNetwork: true" },
  { "  template:" }, { "    spec:" }, { false, "      hostPID: true", "      hostPID: false" }, { false, "      restartPolicy: Never" },
  { false, "      securityContext: {runAsNonRoot: true}", "      securityContext: {runAsUser: 0}" },
  { "      containers:", "      initContainers:" }, { "      - name: a-0", "      - name: b-1", "      - image: x" },
  { "        image: x:%d", "        image: y" },
  { false, "        args: [--ok, \"%d\"]", "        args: [--bad]", "        args: [a, --bad, null, c]", "        args: {a: b}" },
  { false, "        securityContext: {privileged: true}", "        securityContext: {capabilities: {drop: [ALL]}}",
    "        securityContext: {allowPrivilegeEscalation: false}" },
  { false, "        ports: [{hostPort: 80}]", "        ports: [{hostPort: 0}, {hostPort: 81}]" },
}

-- The same numbers in every run (a linear congruence modulo 2^31).
local function random(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % n + 1
  end
end

local function document(pick)
  local out = {}
  for _, forms in ipairs(LINES) do
    local form = forms[pick(2) == 1 and pick(#forms) or 1]
    if form then out[#out + 1] = (form:gsub("%%d", tostring(pick(20)))) end
  end
  return table.concat(out, "\n") .. "\n"
end

local function check(file, more)
  local policies = "--policy tests/recall/probe.lua"
  for _, pack in ipairs { "kubernetes", "pod-security/baseline", "pod-security/restricted", "backup", "shell" } do
    policies = policies .. " --policy " .. pack
  end
  local out, err, status = shell.run(("%s check -f %s %s --keep-going --format ndjson %s"):format(shell.moonstep, file, policies, more))
  return out .. err .. status, out
end

local failed, findings = 0, 0
for stream = 1, STREAMS do
  local pick, all = random(stream), {}
  for i = 1, DOCUMENTS do all[i] = document(pick) end
  local file = os.tmpname()
  shell.write(file, table.concat(all, "---\n"))
  local remembered, out = check(file, "")
  local plain = check(file, "--no-plan")
  for _ in out:gmatch "\n" do findings = findings + 1 end
  if remembered ~= plain then
    failed = failed + 1
    local kept = os.tmpname()
    shell.write(kept, remembered .. "\n=== --no-plan ===\n" .. plain)
    print(("not ok stream %d: what is remembered changes what is said; see %s and %s"):format(stream, file, kept))
  else os.remove(file) end
end
if findings < DOCUMENTS then
  failed = failed + 1
  print("not ok: the rules found next to nothing")
end
print(("recall: %d streams of %d objects, %d findings, %d failed"):format(STREAMS, DOCUMENTS, findings, failed))
return failed == 0
