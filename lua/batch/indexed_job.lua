-- The Jobs that do a batch on Kubernetes: an Indexed Job with a Pod for each shard, and one that puts together what they left.
--
--   /inputs (ConfigMap or claim) ─▶ shard 0 … shard N-1 ─▶ /out/shard-I.yaml, .log, .status ─▶ merge ─▶ /out/result.yaml, result.log
--
-- Or a file for each target, which shards write side by side into one folder of the claim, and `moonstep merge` makes one manifest:
--
--   … ─▶ shard 0 … shard N-1 ─▶ /out/FOLDER/…, /out/shard-I.log, .status ─▶ merge ─▶ /out/FOLDER/manifest.ndjson, /out/result.log
--
-- A shard's files are put in place when it has come to its end: its status, which is moonstep's, is the last one, and is empty before. A
-- shard whose targets failed has come to its end, and would not fare better a second time, so its Pod succeeds; one that was evicted,
-- killed or interrupted is done again, and goes on in a folder where it was. The merge is suspended until somebody lets it go, since Jobs
-- do not wait for each other. It fails with the worst status of the shards, after it has written everything.
--
-- Both keep to the Pod Security Standard "restricted". The image needs moonstep, sh, cat and mv.
local list = require "scripts.k8s".list

local RENDER = [[
set -eu
part="/out/shard-${JOB_COMPLETION_INDEX:?is not set: Indexed Jobs need Kubernetes 1.22 or newer}"
status=0
: >"$part.status"
moonstep render %s >"$part.yaml.part" 2>"$part.log.part" || status=$?
cat "$part.log.part" >&2
if [ "$status" -gt 2 ]; then exit "$status"; fi
mv "$part.yaml.part" "$part.yaml"
mv "$part.log.part" "$part.log"
printf '%%s\n' "$status" >"$part.status"
]]

local MERGE = [[
set -eu
cd /out
worst=0
i=0
: >result.yaml.part
: >result.log.part
while [ "$i" -lt %d ]; do
  read -r status <"shard-$i.status"
  cat "shard-$i.yaml" >>result.yaml.part
  cat "shard-$i.log" >>result.log.part
  if [ "$status" -gt "$worst" ]; then worst=$status; fi
  i=$((i + 1))
done
mv result.log.part result.log
mv result.yaml.part result.yaml
exit "$worst"
]]

-- The same with a folder.
local RENDER_FOLDER = [[
set -eu
part="/out/shard-${JOB_COMPLETION_INDEX:?is not set: Indexed Jobs need Kubernetes 1.22 or newer}"
status=0
: >"$part.status"
moonstep render %s --out /out/%s --resume 2>"$part.log.part" || status=$?
cat "$part.log.part" >&2
if [ "$status" -gt 2 ]; then exit "$status"; fi
mv "$part.log.part" "$part.log"
printf '%%s\n' "$status" >"$part.status"
]]

local MERGE_FOLDER = [[
set -eu
cd /out
worst=0
i=0
: >result.log.part
while [ "$i" -lt %d ]; do
  read -r status <"shard-$i.status"
  cat "shard-$i.log" >>result.log.part
  if [ "$status" -gt "$worst" ]; then worst=$status; fi
  i=$((i + 1))
done
status=0
said=$(moonstep merge %s 2>&1) || status=$?
printf '%%s\n' "$said" >>result.log.part
printf '%%s\n' "$said" >&2
mv result.log.part result.log
if [ "$status" -gt "$worst" ]; then worst=$status; fi
exit "$worst"
]]

local USER = 65532 -- nobody's

-- A word of a shell's command line.
local function quoted(word)
  if word:find "^[%w_./:=,@%%+-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function labels(batch) return { ["app.kubernetes.io/name"] = batch.name, ["app.kubernetes.io/managed-by"] = "moonstep" } end

local function metadata(batch, name) return { name = name, namespace = batch.namespace, labels = labels(batch) } end

local function container(batch, name, script, mounts, cpu)
  return {
    name = name, image = batch.image, command = list { "/bin/sh", "-c", script }, volumeMounts = list(mounts),
    env = cpu and list { { name = "JOB_COMPLETIONS", value = ("%d"):format(batch.shards) } } or nil,
    workingDir = cpu and "/inputs" or nil,
    resources = { requests = { cpu = cpu and ("%d"):format(cpu) or "100m", memory = "128Mi" }, limits = { memory = "512Mi" } },
    securityContext = { allowPrivilegeEscalation = false, readOnlyRootFilesystem = true, capabilities = { drop = list { "ALL" } } },
  }
end

local function pod(only, volumes)
  return {
    restartPolicy = "Never", automountServiceAccountToken = false, containers = list { only }, volumes = list(volumes),
    securityContext = { runAsNonRoot = true, runAsUser = USER, runAsGroup = USER, fsGroup = USER,
      seccompProfile = { type = "RuntimeDefault" } },
  }
end

local function job(batch, name, spec, only, volumes)
  spec.template = { metadata = { labels = labels(batch) }, spec = pod(only, volumes) }
  return { apiVersion = "batch/v1", kind = "Job", metadata = metadata(batch, name), spec = spec }
end

local function claim(name) return { name = "out", persistentVolumeClaim = { claimName = name } } end

-- The options of moonstep render that each shard has.
local function options_of(batch)
  local words = { "-f", ".", "--targets", batch.targets, "-j", ("%d"):format(batch.jobs) }
  if batch.task then table.move({ "--task", batch.task }, 1, 2, #words + 1, words) end
  table.move(batch.more, 1, #batch.more, #words + 1, words)
  for i, word in ipairs(words) do words[i] = quoted(word) end
  return table.concat(words, " ")
end

local function shards_of(batch)
  local inputs = { name = "inputs", configMap = batch.configmap and { name = batch.configmap } or nil,
    persistentVolumeClaim = batch.claim and { claimName = batch.claim, readOnly = true } or nil }
  local mounts = { { name = "inputs", mountPath = "/inputs", readOnly = true }, { name = "out", mountPath = "/out" },
    { name = "tmp", mountPath = "/tmp" } }
  local options = options_of(batch)
  local script = batch.folder and RENDER_FOLDER:format(options, batch.folder) or RENDER:format(options)
  return job(batch, batch.name, { completionMode = "Indexed", completions = batch.shards, parallelism = batch.parallelism },
    container(batch, "render", script, mounts, batch.jobs),
    { inputs, claim(batch.out), { name = "tmp", emptyDir = {} } })
end

local function merge_of(batch)
  local script = batch.folder and MERGE_FOLDER:format(batch.shards, batch.folder) or MERGE:format(batch.shards)
  return job(batch, batch.name .. "-merge", { suspend = true, backoffLimit = 0 },
    container(batch, "merge", script, { { name = "out", mountPath = "/out" } }), { claim(batch.out) })
end

-- indexed_job{ name, namespace, image, shards, parallelism, jobs = processes of each, task, targets = the rows' file in the inputs, more
-- = further options of render, configmap or claim = where the inputs are, out = the claim for what is made,
-- folder = a folder in it, for a file each target, or nil } -> list of objects
return function(batch) return { shards_of(batch), merge_of(batch) } end
