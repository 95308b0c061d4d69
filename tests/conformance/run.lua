-- Conformance: each folder of cases/ holds an input and what Stash makes of it (see cases/README.md). Usage:
--   moonstep-lua tests/conformance/run.lua [FOLDER OF CASES [NAME]...]
local shell = dofile "tests/lib/shell.lua"
local compare = dofile "tests/lib/compare.lua"

local folder = ... or "tests/conformance/cases"
local only = { select(2, ...) }

local OPTIONS = "--keep-going --format ndjson --template stash --option registry=ghcr.io/stashed --option image=stash --option tag=v0.40.0 "
  .. "--option licenseApiService=lic --option serviceAccountName=stash-sa --option operatorPodName=stash-operator-7c9d8b6f5-k4x2p"

-- "BackupSession harbor/x[0]" of a message's object, "input" where it has none.
local function subject(line)
  local object = line.object
  if not object or not object.name or line.rule == "wrong-type" then return "input" end
  return ("%s %s/%s%s"):format(object.kind, object.namespace or "", object.name, object.index and ("[%d]"):format(object.index) or "")
end

local function failures(stderr)
  local found = {}
  for line in stderr:gmatch "[^\n]+" do
    local message = compare.parse(line, "stderr")[1]
    if message.severity == "error" then
      local id = subject(message)
      found[id] = (found[id] or "") .. message.message .. "\n"
    end
  end
  return found
end

-- The names in Stash's message that ours must name too.
local function names_in(message)
  local names = {}
  for _, pattern in ipairs { "for key (%S+)$", '"([^"]+)" not found', "for Task (%S+)$" } do names[#names + 1] = message:match(pattern) end
  return names
end

local function check_errors(stderr, expected)
  local found = failures(stderr)
  for line in expected:gmatch "[^\n]+" do
    local id, message = line:match "^(.-): (.*)$"
    if not found[id] then return "no error for " .. id end
    if not message:find "^panic:" and not message:find "^no " then
      for _, name in ipairs(names_in(message)) do
        if not found[id]:find(name, 1, true) then return ("the error for %s does not name %s: %s"):format(id, name, found[id]) end
      end
    end
    found[id] = nil
  end
  local id, message = next(found)
  return id and ("an error that is not expected: %s: %s"):format(id, message)
end

local function check_case(path)
  local stdout, stderr, status = shell.run(("%s render -f %s/input.yaml %s"):format(shell.moonstep, shell.quote(path), OPTIONS))
  local function content(name) return shell.exists(path .. "/" .. name) and shell.read(path .. "/" .. name) or "" end
  local errors = content "expected-error.txt"
  local want_status = errors ~= "" and 2 or 0
  if status ~= want_status then return ("exit status %d, want %d: %s"):format(status, want_status, stderr) end
  local want = compare.parse(content "expected.yaml", "expected.yaml")
  return check_errors(stderr, errors) or compare.documents(compare.parse(stdout, "stdout"), want)
end

local passed, failed = 0, 0
for _, name in ipairs(#only > 0 and only or shell.entries(folder)) do
  if shell.exists(folder .. "/" .. name .. "/input.yaml") then
    local ok, why = pcall(check_case, folder .. "/" .. name)
    if ok and not why then passed = passed + 1
    else
      failed = failed + 1
      print(("not ok %s: %s"):format(name, why))
    end
  end
end
print(("conformance: %d passed, %d failed"):format(passed, failed))
return failed == 0 and passed > 0
