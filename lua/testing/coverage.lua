-- What tests saw of scripts: for each rule whether it held somewhere and found something somewhere, and which lines of scripts were run.
local code_lines = require "testing.code_lines"
local files = require "engine.files"
local host = require "engine.host"
local sandbox = require "scripts.sandbox"
local value = require "base.value"

local Coverage = {}
Coverage.__index = Coverage

-- The same check, but what it reports is counted. The report is called in the place of this, so that errors name the script's line.
local function watched(check, seen)
  return function(part, report, ...)
    local found = false
    check(part, function(...)
      found = true
      return report(...)
    end, ...)
    if found then seen.found = true else seen.held = true end
  end
end

-- watch(registry): from now on its rules and its scripts count.
function Coverage:watch(registry)
  for file in pairs(registry.files) do self.files[file] = true end
  for _, rule in ipairs(registry.rules) do
    local id = ("%s\0%s"):format(rule.name, rule.file)
    self.rules[id] = self.rules[id] or { name = rule.name, file = rule.file }
    if rule.check then rule.check = watched(rule.check, self.rules[id]) end
    if rule.check_all then rule.check_all = watched(rule.check_all, self.rules[id]) end
  end
end

local function missing_words(rule)
  if not rule.held and not rule.found then return "no test asked it" end
  return not rule.held and "no test saw it hold" or not rule.found and "no test saw it find anything" or nil
end

function Coverage:rule_lines(lines)
  local count, full = 0, 0
  for _, id in ipairs(value.keys(self.rules)) do
    local rule = self.rules[id]
    local words = missing_words(rule)
    count, full = count + 1, full + (words and 0 or 1)
    if words then lines[#lines + 1] = ("  %s: rule %s: %s"):format(rule.file, rule.name, words) end
  end
  return ("%d of %d rules were seen to hold and to find something"):format(full, count)
end

-- Numbers as "1, 3-5".
local function in_words(numbers)
  local parts, i = {}, 1
  while i <= #numbers do
    local last = i
    while numbers[last + 1] == numbers[last] + 1 do last = last + 1 end
    parts[#parts + 1] = last == i and ("%d"):format(numbers[i]) or ("%d-%d"):format(numbers[i], numbers[last])
    i = last + 1
  end
  return table.concat(parts, ", ")
end

-- The lines of a script that hold code and were not run, and how many hold code.
local function idle_lines(file)
  local text = files.read(file, sandbox.MOST_TEXT)
  if not text then return {}, 0 end
  local with_code = value.keys(code_lines(sandbox.compile(text, file, {})))
  local was_run, idle = {}, {}
  for _, line in ipairs(host.lines_run(file)) do was_run[line] = true end
  for _, line in ipairs(with_code) do
    if not was_run[line] then idle[#idle + 1] = line end
  end
  return idle, #with_code
end

function Coverage:script_lines(lines)
  local count, idle_count = 0, 0
  for _, file in ipairs(value.keys(self.files)) do
    local idle, all = idle_lines(file)
    count, idle_count = count + all, idle_count + #idle
    if #idle > 0 then lines[#lines + 1] = ("  %s: not run: %s"):format(file, in_words(idle)) end
  end
  return ("%d of %d lines of scripts were run"):format(count - idle_count, count)
end

-- lines() -> what is to be said, as lines of text
function Coverage:lines()
  local rules, scripts = {}, {}
  local lines = { self:rule_lines(rules) }
  table.move(rules, 1, #rules, 2, lines)
  if next(self.files) then lines[#lines + 1] = self:script_lines(scripts) end
  return table.move(scripts, 1, #scripts, #lines + 1, lines)
end

-- coverage() -> nothing seen yet; from now on lines are noted, which costs time.
return function()
  host.watch_lines()
  return setmetatable({ rules = {}, files = {} }, Coverage)
end
