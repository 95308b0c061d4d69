-- What a worker keeps of a piece for the batch's reports, as batch.record writes it.
--
-- Every finding is noted for its target, also where messages tell it once for many. For a page every target is, with its text and with
-- where its fields come from.
local diag = require "base.diag"
local record = require "batch.record"
local secret = require "engine.secret"
local seen = require "output.seen"
local sources = require "variables.sources"
local texts = require "batch.texts"

local Recorder = {}
Recorder.__index = Recorder

-- begin(): a piece begins.
function Recorder:begin()
  self.rows, self.found, self.last = {}, {}, 0
  if self.texts then self.texts:begin() end
end

-- note(d): something was found about the target that is finished next.
function Recorder:note(d) self.found[#self.found + 1] = record.finding(d, self.wanted.human) end

local function take_found(self)
  local found = self.found
  self.found = {}
  return found
end

local function put(self, at, bytes) self.rows[at], self.last = bytes, math.max(self.last, at) end

local function line(text) return text and diag.visible(text) or "" end

-- What stands before the YAML in a page (reports/html/data.js): the object is the first of the text, then come lines of provenance.
local function head_of(told)
  local out = { "", "", ("%d"):format(#told.provenance) }
  for _, each in ipairs(told.provenance) do
    out[#out + 1] = ("%s\t%s\t%s"):format(line(each.path), line(each.place), line(each.words))
  end
  return table.concat(out, "\n") .. "\n"
end

-- Tells the text of what was made for a target, also of what is withheld.
local function tell_text(self, target, made, entry)
  if entry.status == "failed" or not made then return end
  local told = seen(target, made.written, false, sources.words(made.resolver))
  entry.objects = #made.written
  entry.plan, entry.marks, entry.slots = self.texts:tell(target.row, head_of(told), secret.mask(told.text))
end

-- target(target, status [, made]): a target is finished. `at` is its place in the order of the piece, `made` is road.make's.
function Recorder:target(target, status, made)
  local found, row = take_found(self), target.row or {}
  if not found[1] and not self.texts then return end
  local entry = { index = target.index, status = status, name = row.name, namespace = row.namespace, findings = found }
  if self.texts then tell_text(self, target, made, entry) end
  put(self, target.at, record.target(entry))
end

-- planned(at, row, objects): a plan has filled the row, and rules were asked about it first.
function Recorder:planned(at, row, objects)
  if not self.texts then return end
  local entry = { index = row.index, status = "rendered", name = row.name, namespace = row.namespace, objects = objects }
  entry.plan, entry.marks, entry.slots = self.texts:planned(row)
  put(self, at, record.target(entry))
end

-- filled(at, bytes): records of targets that plans have filled, which have this place.
function Recorder:filled(at, bytes) put(self, at, bytes) end

-- text([count]) -> the records of the piece; with a number, of targets that have one of the first so many places
function Recorder:text(count)
  local out = {}
  for i, each in ipairs(self.texts and self.texts:take() or {}) do out[i] = record.plan(each.id, each.bytes) end
  for at = 1, math.min(count or self.last, self.last) do out[#out + 1] = self.rows[at] end
  return table.concat(out)
end

-- recorder(work) -> a recorder for batch.piece's work; what reports want is in its options as `recorded`, with their formats as keys
return function(work)
  local wanted = work.with.options.recorded
  local self = setmetatable({ wanted = wanted, rows = {}, found = {} }, Recorder)
  if wanted.html then
    self.texts = texts.new(work)
    work.with.record = sources.note
    work.rows:record(self.texts.outlines)
  end
  return self
end
