-- What workers of a batch learn about the run as a whole, which nobody could say of one target: which variables something asks for, which
-- waivers set something aside, which rules would have to see all objects together.
--
-- Each worker notes what it meets for the first time, a line each, in a file that all share; the coordinator reads it at the end. A piece
-- that is done again may have lost its lines, so what was noted last is noted once more.
local rules = require "scripts.rules"
local value = require "base.value"
local waivers = require "scripts.waivers"

local notes = {}

local Notes = {}
Notes.__index = Notes

local BLOCK = 1 << 20 -- bytes that are read at once

local function add(self, line)
  if self.noted[line] then return end
  self.noted[line] = true
  self.lines[#self.lines + 1] = line
end

-- text(options, registry) -> lines about the piece that was done last
function Notes:text(options, registry)
  local before = self.lines
  self.lines = {}
  for name in value.pairs(options.asked) do add(self, ("asked %s\n"):format(name)) end
  for number, waiver in ipairs(registry.waivers) do
    if waiver.used then add(self, ("used %d\n"):format(number)) end
  end
  for number in pairs(rules.together(registry)) do add(self, ("together %d\n"):format(number)) end
  return table.concat(before) .. table.concat(self.lines)
end

-- new() -> the notes of a worker
function notes.new() return setmetatable({ noted = {}, lines = {} }, Notes) end

-- take(file of the lines, options, registry): enters what workers have noted: names in options.asked, `used` of waivers, `alone` of rules
function notes.take(file, options, registry)
  local enter = {
    asked = function(name) options.asked[name] = true end,
    used = function(number) registry.waivers[math.tointeger(number)].used = true end,
    together = function(number) registry.rules[math.tointeger(number)].alone = true end,
  }
  local at = 0
  repeat
    local text = file:read(at, BLOCK):match "^.*\n" or ""
    for what, of in text:gmatch "(%l+) ([^\n]+)\n" do enter[what](of) end
    at = at + #text
  until text == ""
end

-- tell(report, registry, whole): what there is to say of rules that should have seen what was rendered, and, when all targets of the batch
-- were, of waivers that nothing met.
function notes.tell(report, registry, whole)
  for _, rule in ipairs(registry.rules) do
    if rule.alone then
      report:add { rule = "not-together", severity = "warning", place = { file = rule.file },
        message = ("rule %s looks at all objects together, and was not asked about those of the batch"):format(rule.name),
        hint = "`moonstep check -f` on what was rendered asks it" }
    end
  end
  for _, d in ipairs(whole and waivers.unused(registry.waivers) or {}) do report:add(d) end
end

return notes
