-- What a file of tests declares: `test "name" { … }`, checked and kept until the tests are run (testing.run).
--
-- A test is { name, file, folder, line, declared }: `file` is where it stands, `folder` is that file's, `declared` are its fields.
local value = require "base.value"

local tests = {}

-- The fields of a test, as scripts.registry checks them: a type, with "?" where they may be absent.
tests.fields = {
  policies = "?table", scripts = "?table", options = "?table", input = "?string", file = "?string", files = "?table", render = "?boolean",
  task = "?string", session = "?string", kind = "?string", namespace = "?string", template = "?string", set = "?table", param = "?table",
  today = "?string", expect = "?table", snapshot = "?string", error = "?string", replay = "?string",
}

local LISTS = { "policies", "scripts", "files", "expect" }
local MAPS = { "options", "set", "param" }
local OF_RENDER = { "task", "session", "kind", "template", "set", "param", "snapshot" }

-- The test's author, three calls up, made a mistake.
local function wrong(name, words, ...) error(("test %q: " .. words):format(name, ...), 6) end

local function check_list(name, field, list)
  local keys = value.keys(list)
  for _, key in ipairs(keys) do
    if math.type(key) ~= "integer" or key < 1 or key > #keys or type(list[key]) ~= "string" then
      wrong(name, "%s must be a list of strings", field)
    end
  end
end

local function check_map(name, field, map)
  for _, key in ipairs(value.keys(map)) do
    if type(key) ~= "string" or type(map[key]) ~= "string" then wrong(name, "%s must be a map of strings", field) end
  end
end

-- Files of a test lie in its folder or below it: it reads them, and its snapshot is written.
local function check_path(name, field, path)
  if path == "" or path:sub(1, 1) == "/" or ("/" .. path .. "/"):find("/../", 1, true) then
    wrong(name, "%s must be the path of a file in the test's folder or below it, not %q", field, path)
  end
end

local function check_paths(name, declared)
  for _, field in ipairs { "file", "snapshot", "replay" } do
    if declared[field] then check_path(name, field, declared[field]) end
  end
  for _, path in ipairs(declared.files or {}) do check_path(name, "files", path) end
end

local function check_together(name, declared)
  if not (declared.input or declared.file or declared.files) then wrong(name, "it needs input, file or files") end
  if not (declared.expect or declared.snapshot or declared.error) then wrong(name, "it needs expect, snapshot or error") end
  for _, field in ipairs(OF_RENDER) do
    if declared[field] ~= nil and not declared.render then wrong(name, "%s goes with render = true", field) end
  end
  if declared.kind and declared.kind ~= "Job" and declared.kind ~= "CronJob" then wrong(name, "kind must be Job or CronJob") end
  if declared.error == "" then wrong(name, "error must hold words of the message") end
  if declared.today and not declared.today:find "^%d%d%d%d%-%d%d%-%d%d$" then
    wrong(name, "today must be a date such as 2027-01-31, not %q", declared.today)
  end
end

-- The line of the script's call, four calls up; those between end in tail calls.
local function calling_line()
  local _, at = pcall(error, "", 5)
  return math.tointeger(at:match ":(%d+):") or 1
end

-- A copy: a test may not change what is looked at later.
local function copy(declared)
  local own = {}
  for _, field in ipairs(value.keys(declared)) do
    local v = declared[field]
    if type(v) == "table" then
      own[field] = {}
      for _, key in ipairs(value.keys(v)) do own[field][key] = v[key] end
    else own[field] = v end
  end
  return own
end

-- declared(name, fields, script) -> a test. The types of the fields are right; what they hold is checked here.
function tests.declared(name, fields, script)
  for _, field in ipairs(LISTS) do
    if fields[field] then check_list(name, field, fields[field]) end
  end
  for _, field in ipairs(MAPS) do
    if fields[field] then check_map(name, field, fields[field]) end
  end
  check_paths(name, fields)
  check_together(name, fields)
  return { name = name, file = script.file, folder = script.folder, line = calling_line(), declared = copy(fields) }
end

return tests
