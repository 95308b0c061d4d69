-- Fixes: each file of cases/ returns rows { name, before, changes, after }, where a change is { path, new value, document } (default: the
-- first one), with REMOVE as the value for what goes; `after` is the text, or { why } when it must be refused and nothing changes.
local base_path = require "base.path"
local page = require "fixes.page"
local plan = require "fixes.plan"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"
local value = require "base.value"
local host = require "engine.host"

local REMOVE = {}
local FOLDER = "tests/fixes/cases"

local function request_for(own, change)
  local document, keys = change[3] or 1, base_path.parse(change[1])
  local t, key = base_path.follow(own.roots[document], keys)
  local remove = change[2] == REMOVE
  local to = change[2]
  if remove then to = nil end
  return { document = document, keys = keys, was = t and t[key], to = to, remove = remove }
end

local function run_row(row)
  local own = assert(page.parse(row[2], "text"))
  local requests = {}
  for i, change in ipairs(row[3]) do requests[i] = request_for(own, change) end
  local after = plan.run(own, requests, "text")
  local whys = {}
  for _, request in ipairs(requests) do whys[#whys + 1] = request.why end
  if type(row[4]) == "table" then
    suite.equal(whys, row[4])
    suite.equal(after.text, row[2])
    return
  end
  suite.equal(whys, {})
  suite.equal(after.text, row[4])
end

local tests = {}
for _, name in ipairs(shell.entries(FOLDER)) do
  local text = shell.read(FOLDER .. "/" .. name)
  local environment = { REMOVE = REMOVE, list = value.list, null = value.null }
  for _, row in ipairs(assert(host.compile(text, "@" .. FOLDER .. "/" .. name, environment))()) do
    tests[#tests + 1] = { name .. ": " .. row[1], function() run_row(row) end }
  end
end

return suite.run("fixes", tests)
