-- What the page of a report carries: rows of JSON, as many as it has room for, and the plans of texts that its rows are filled from.
--
-- A text that belongs to a row is kept as the number of its plan and what the plan's slots hold (engine.alike). Rows are JSON arrays on
-- lines of their own, so a page of a hundred thousand targets is made without a table that holds them all, and two pages can be compared
-- by lines.
local alike = require "engine.alike"
local emit = require "engine.emit"

local Spool = {}
Spool.__index = Spool

-- Bytes of a page: with texts, and in all. Under 30 MB, which mails and browsers take.
local WITH_TEXTS, IN_ALL = 25000000, 29000000
local LONGEST_TEXT = 262144 -- of one row, in bytes
local TOGETHER = 500 -- rows that are joined to one string

-- JSON that may stand in a script element: nothing in it ends the element or begins a comment.
local function quiet(text) return text:find("<", 1, true) and text:gsub("<", "\\u003c") or text end

function Spool:json(v) return (quiet(self.emitter:json(v))) end

-- Adds a row to a list of rows; those before are joined where there are many.
local function append(list, row)
  list.rows[#list.rows + 1] = row
  list.count = list.count + 1
  if #list.rows == TOGETHER then
    list.chunks[#list.chunks + 1] = table.concat(list.rows, ",\n")
    list.rows = {}
  end
end

local function new_list() return { chunks = {}, rows = {}, count = 0 } end

-- Puts the list into the parts of a text.
local function write_list(list, parts)
  if #list.rows > 0 then list.chunks[#list.chunks + 1] = table.concat(list.rows, ",\n") end
  list.rows = {}
  for i, chunk in ipairs(list.chunks) do
    parts[#parts + 1] = i > 1 and ",\n" or "\n"
    parts[#parts + 1] = chunk
  end
end

-- Takes room in the page; false when there is none.
function Spool:take(bytes, most)
  if self.bytes + bytes > most then return false end
  self.bytes = self.bytes + bytes
  return true
end

-- A plan is there from when the first text needs it, and its number is how many there are before; one that the page has no room for
-- leaves a gap.
function Spool:keep_plan(pieces)
  local row = self:json(pieces)
  local kept = self:take(#row + 2, WITH_TEXTS)
  append(self.plans, kept and row or "0")
  return kept
end

-- Adds a row whose text, if it has one, is filled from what stands in it; returns whether there was room for the row.
local function add_row(self, list, head, row, has_text)
  if row and not self:take(#row + 2, WITH_TEXTS) then row = nil end
  if has_text and not row then self.left_out = self.left_out + 1 end
  if not row then
    row = head .. ",-1]"
    if not self:take(#row + 2, IN_ALL) then return false end
  end
  append(self[list], row)
  return true
end

-- The number of a plan that was made elsewhere; nil when the page has no room for it. Numbers are in the order of the first rows.
function Spool:number_of(pieces)
  local number = self.numbers[pieces]
  if number == nil then
    number = self.plans.count
    if not self:keep_plan(pieces) then number = false end
    self.numbers[pieces] = number
  end
  return number
end

-- add_told(list, fields of the row, pieces, slots): a row whose text is the pieces, filled with the slots, which are JSON with a comma
-- before each. Rows of one plan have the same table of pieces.
function Spool:add_told(list, fields, pieces, slots)
  local head = self:json(fields):sub(1, -2)
  local plan = self.bytes < WITH_TEXTS and self:number_of(pieces)
  return add_row(self, list, head, plan and ("%s,%d%s]"):format(head, plan, (quiet(slots))), true)
end

-- add(list, fields of the row, kind, text, name, namespace) -> whether there was room for the row; texts of a kind are alike. The row is
-- its fields, the plan of its text or -1 when that was left out, and what fills the plan.
function Spool:add(list, fields, kind, text, name, namespace)
  local head = self:json(fields):sub(1, -2)
  local row
  if text and #text <= LONGEST_TEXT and self.bytes < WITH_TEXTS then
    local plan, slots, pieces = self.texts:add(kind, text, name, namespace)
    if pieces then self.room[plan] = self.plans.count end
    if pieces and not self:keep_plan(pieces) then self.room[plan] = nil end
    row = self.room[plan] and ("%s,%d%s]"):format(head, self.room[plan], #slots > 0 and "," .. self:json(slots):sub(2, -2) or "")
  end
  return add_row(self, list, head, row, text)
end

-- write(list, parts): puts the rows of "targets", "findings" or "plans" into the parts of a text.
function Spool:write(list, parts) write_list(self[list], parts) end

-- new() -> a spool without rows
return function()
  return setmetatable({ emitter = emit.new {}, texts = alike.new(), plans = new_list(), targets = new_list(), findings = new_list(),
    room = {}, numbers = {}, bytes = 0, left_out = 0 }, Spool)
end
