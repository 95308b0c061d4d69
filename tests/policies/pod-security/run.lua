-- Verdicts of the Pod Security Standards: each row of cases.lua at both levels, in each version before and after a change.
-- One run of `moonstep check` judges all rows of a level and version; the rules that it names must be the row's, and no others.
local shell = dofile "tests/lib/shell.lua"
local cases = dofile "tests/policies/pod-security/cases.lua"

local FILE = "build/test-pod-security.yaml"
local NEWEST = 37

-- Admitted by both levels in all versions.
local function pod()
  local function container(name)
    return { name = name, image = "registry.example/it:1",
      securityContext = { allowPrivilegeEscalation = false, capabilities = { drop = { "ALL" } } } }
  end
  return {
    apiVersion = "v1", kind = "Pod", metadata = {},
    spec = {
      securityContext = { runAsNonRoot = true, seccompProfile = { type = "RuntimeDefault" } },
      initContainers = { container "first" }, containers = { container "main", container "other" },
      ephemeralContainers = { container "debug" },
    },
  }
end

-- A path of cases.lua: keys between dots, numbers for items (from 0), ["…"] around a key with dots.
local function keys_of(path)
  local keys = {}
  local plain = path:gsub('%["([^"]*)"%]', function(key) return (key:gsub("%.", "\0")) end)
  for key in plain:gmatch "[^.]+" do keys[#keys + 1] = tonumber(key) and tonumber(key) + 1 or (key:gsub("\0", ".")) end
  if keys[1] ~= "metadata" then table.insert(keys, 1, "spec") end
  return keys
end

local function put(root, path, v)
  local keys = keys_of(path)
  for i = 1, #keys - 1 do
    root[keys[i]] = root[keys[i]] or {}
    root = root[keys[i]]
  end
  if v == cases.GONE then v = nil end
  root[keys[#keys]] = v
end

local function json(v)
  if v == cases.NULL then return "null" end
  if v == cases.EMPTY then return "[]" end
  if type(v) == "string" then return '"' .. v .. '"' end
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  for _, item in ipairs(v) do parts[#parts + 1] = json(item) end
  if parts[1] then return "[" .. table.concat(parts, ",") .. "]" end
  for key, item in pairs(v) do parts[#parts + 1] = ('"%s":%s'):format(key, json(item)) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The kinds that hold a Pod, each with a function that puts one into it.
local function templated(kind, apiVersion)
  return function(it) return { apiVersion = apiVersion, kind = kind, spec = { template = { metadata = it.metadata, spec = it.spec } } } end
end
local KINDS = {
  function(it) return it end,
  templated("Job", "batch/v1"), templated("Deployment", "apps/v1"), templated("StatefulSet", "apps/v1"), templated("DaemonSet", "apps/v1"),
  templated("ReplicaSet", "apps/v1"), templated("ReplicationController", "v1"),
  function(it) return { apiVersion = "v1", kind = "PodTemplate", template = { metadata = it.metadata, spec = it.spec } } end,
  function(it)
    return { apiVersion = "batch/v1", kind = "CronJob",
      spec = { jobTemplate = { spec = { template = { metadata = it.metadata, spec = it.spec } } } } }
  end,
}

-- All rows as one file; wrap_of(number) is the function that puts a row's Pod into its object.
local function write_objects(wrap_of)
  local documents = {}
  for i, row in ipairs(cases.rows) do
    local it = pod()
    for at = 1, #row, 2 do put(it, row[at], row[at + 1]) end
    local object = wrap_of(i)(it)
    object.metadata = object.metadata or {}
    object.metadata.name = "case-" .. i
    documents[i] = json(object)
  end
  shell.write(FILE, "---\n" .. table.concat(documents, "\n---\n") .. "\n")
end

local function refused_in(versions, minor)
  if not versions then return false end
  local first, last = versions:match "^(%d+)%-(%d*)$"
  return minor >= tonumber(first) and minor <= (tonumber(last) or math.huge)
end

-- The rules of each row that one run names: a list, by the row's number, of sets.
local function run(level, version)
  local out, err, status = shell.run(("%s check -f %s --policy pod-security/%s --option pod-security.version=%s --format ndjson")
    :format(shell.quote(shell.moonstep), FILE, level, version))
  if status ~= 1 then error(("%s %s ended with %d: %s"):format(level, version, status, err .. out)) end
  local found = {}
  for line in out:gmatch "[^\n]+" do
    local rule, severity, number = line:match '"rule":"([^"]*)"', line:match '"severity":"([^"]*)"', line:match '"name":"case%-(%d+)"'
    if severity == "error" then
      number = tonumber(number) or error("a finding about none of the cases: " .. line)
      found[number] = found[number] or {}
      found[number][rule] = true
    end
  end
  return found
end

local passed, failed = 0, 0

local function describe(i)
  local words = {}
  for at = 1, #cases.rows[i], 2 do words[#words + 1] = cases.rows[i][at] .. " = " .. json(cases.rows[i][at + 1] or "?") end
  return ("row %d (%s)"):format(i, table.concat(words, ", "))
end

local function compare(level, version, minor, what)
  local found = run(level, version)
  for i, row in ipairs(cases.rows) do
    local want = refused_in(row[level], minor) and "pod-security/" .. row.rule or nil
    local got = {}
    for rule in pairs(found[i] or {}) do got[#got + 1] = rule end
    if #got == (want and 1 or 0) and got[1] == want then passed = passed + 1
    else
      failed = failed + 1
      print(("not ok %s %s %s, %s: found %s, want %s"):format(level, version, what, describe(i), table.concat(got, ", "),
        want or "nothing"))
    end
  end
end

local function as_pod() return KINDS[1] end
local function as_any(number) return KINDS[number % #KINDS + 1] end

local CHANGES = {
  baseline = { 0, 18, 19, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 99 },
  restricted = { 0, 7, 8, 18, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, "123456789012345678901234567890" },
}
for _, level in ipairs { "baseline", "restricted" } do
  write_objects(as_pod)
  for _, minor in ipairs(CHANGES[level]) do compare(level, "v1." .. minor, math.type(minor) and minor or NEWEST, "Pod") end
  write_objects(as_any)
  compare(level, "latest", NEWEST, "in objects of all kinds")
end

-- Both packs: what restricted finds alone, and what baseline alone finds (Pods for Windows), each once.
local function lines_of(policies)
  local out = shell.run(("%s check -f %s %s --format ndjson"):format(shell.quote(shell.moonstep), FILE, policies))
  local lines, seen = {}, {}
  for line in out:gmatch "[^\n]+" do
    line = line:gsub(',"hint":"[^"]*"', "")
    if seen[line] then lines.twice = line end
    seen[line] = true
    lines[#lines + 1] = line
  end
  return lines, seen
end

write_objects(as_pod)
local _, baseline = lines_of "--policy pod-security/baseline"
local _, restricted = lines_of "--policy pod-security/restricted"
for _, policies in ipairs { "--policy pod-security/baseline --policy pod-security/restricted",
  "--policy pod-security/restricted --policy pod-security/baseline" } do
  local lines, both = lines_of(policies)
  local strange
  for line in pairs(both) do strange = strange or not (baseline[line] or restricted[line]) and line end
  for line in pairs(baseline) do strange = strange or not both[line] and line end
  for line in pairs(restricted) do strange = strange or not both[line] and line end
  if lines.twice or strange or #lines < 100 then
    failed = failed + 1
    print(("not ok %s: %d findings, twice: %s, strange: %s"):format(policies, #lines, lines.twice, strange))
  else passed = passed + 1 end
end

-- Versions that there are not.
for _, version in ipairs { "", "1.29", "v1", "v1.", "v1.029", "v1.29.1", "v2.0", "v1.x", "V1.29", "latest ", "v1.-1" } do
  local out, err, status = shell.run(("%s check -f %s --policy pod-security/baseline --option pod-security.version=%s")
    :format(shell.quote(shell.moonstep), FILE, shell.quote(version)))
  if status == 2 and (out .. err):find("pod-security.version must be", 1, true) then passed = passed + 1
  else
    failed = failed + 1
    print(("not ok version %q: status %s, %s"):format(version, status, out .. err))
  end
end

os.remove(FILE)
print(("pod-security: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
