-- What a worker keeps of a piece for the batch's reports, as batch.record writes it.
--
-- Every finding is noted for its target, also where messages tell it once for many.
local record = require "batch.record"

local Recorder = {}
Recorder.__index = Recorder

-- begin(): a piece begins.
function Recorder:begin() self.rows, self.found = {}, {} end

-- note(d): something was found about the target that is finished next.
function Recorder:note(d) self.found[#self.found + 1] = record.finding(d, self.wanted.human) end

local function take_found(self)
  local found = self.found
  self.found = {}
  return found
end

-- target(target, status): a target is finished. `at` is its place in the order of the piece.
function Recorder:target(target, status)
  local found, row = take_found(self), target.row or {}
  if not found[1] then return end
  self.rows[target.at] = record.target { index = target.index, status = status, name = row.name, namespace = target.namespace,
    findings = found }
end

-- text(count) -> the records of the piece, of those that have one of the first so many places
function Recorder:text(count)
  local out = {}
  for at = 1, count do out[#out + 1] = self.rows[at] end
  return table.concat(out)
end

-- recorder(what reports want: { human = true when messages are wanted as people read them }) -> a recorder
return function(wanted) return setmetatable({ wanted = wanted, rows = {}, found = {} }, Recorder) end
