-- How the text of a target is kept for a page: as a plan, which many targets share, and what fills it.
--
-- In a worker, rows that a plan of the batch fills are told by their values (engine.outline); so is what was made of a row by other means,
-- where the plan makes the same. All other texts of a piece are held against each other (engine.alike). Nothing depends on which worker
-- does a piece, or on which plans it knows by then: the first text of a shape in a piece is tried as the batch's own plans are.
--
-- The bytes of a plan are a head, which is a text before the first line, and items: L and a text; M and a number of parts, a mark, whose
-- parts are L and texts or F and fields of the row; P and a number, which is a piece as the page has it.
local alike = require "engine.alike"
local emit = require "engine.emit"
local fill = require "engine.outline"
local number = require "engine.out".number
local plan = require "batch.plan"
local value = require "base.value"

local texts = {}

local MOST_OUTLINES = 64 -- that are kept from piece to piece

local Texts = {}
Texts.__index = Texts

-- --- in a worker

-- What rows of one plan have in common, as lib_fill.c has it.
local function shape_of(row)
  local out = { (row.task or "") .. "\0" .. (row.namespace and "+" or "-") }
  for _, name in ipairs(value.keys(row.variables)) do out[#out + 1] = name .. "\0" end
  out[#out + 1] = "\1"
  for _, name in ipairs(value.keys(row.params)) do out[#out + 1] = name .. "\0" end
  return table.concat(out)
end

-- begin(): a piece begins.
function Texts:begin()
  self.alike, self.plans, self.tried = nil, {}, {}
  local count = 0
  for _ in pairs(self.outlines) do count = count + 1 end
  if count > MOST_OUTLINES then
    for shape in pairs(self.outlines) do self.outlines[shape], self.heads[shape] = nil, nil end
  end
end

-- The outline of a row's shape, or nil. A plan that fails for this row may be there for another; one for which something looks at values
-- fails for all.
local function outline_of(self, row, shape, text)
  local known = self.outlines[shape]
  if known or self.tried[shape] then return known end
  local made, why = plan.make(row, text, self.work)
  self.tried[shape] = not made and why ~= plan.DIFFERS
  if not made then return nil end
  known = fill.new(made.filler, shape, #plan.values(row), "---\n")
  self.outlines[shape] = known
  return known
end

-- Tells a text by others of its kind.
local function tell_alike(self, head, text, row)
  self.alike = self.alike or alike.new()
  local at, slots, pieces = self.alike:add("target", head .. text, row.name, row.namespace or "")
  if pieces then
    local out = { ("<s4"):pack("") }
    for i, piece in ipairs(pieces) do out[i + 1] = type(piece) == "string" and ("<c1s4"):pack("L", piece) or ("<c1i4"):pack("P", piece) end
    local bytes = table.concat(out)
    self.plans[at] = { id = number(bytes) .. number(bytes .. "."), bytes = bytes }
  end
  local told = {}
  for i, slot in ipairs(slots) do told[i] = "," .. self.emitter:json(slot) end
  return self.plans[at].id, "", table.concat(told)
end

-- tell(row, head, text) -> id of the plan, marks, slots
function Texts:tell(row, head, text)
  local shape = shape_of(row)
  local known = outline_of(self, row, shape, text)
  local marks, slots
  if known then marks, slots = known:tell(plan.values(row), text) end
  if not marks then return tell_alike(self, head, text, row) end
  self.heads[shape] = self.heads[shape] or head
  return known:id(), marks, slots
end

-- planned(row) -> id of the plan, marks, slots, for a row that a plan of the batch has filled
function Texts:planned(row)
  local known = self.outlines[shape_of(row)]
  return known:id(), known:tell(plan.values(row))
end

-- take() -> list of { id, bytes }: the plans of the piece, in an order that is the same in every run
function Texts:take()
  local out = {}
  for shape, outline in pairs(self.outlines) do
    local id, bytes = outline:take()
    if id then out[#out + 1] = { id = id, bytes = ("<s4"):pack(self.heads[shape] or "") .. bytes } end
  end
  for _, each in pairs(self.plans) do out[#out + 1] = each end
  table.sort(out, function(a, b) return a.id < b.id end)
  return out
end

-- new(work) -> texts; outlines are theirs by shape (engine.fill). `work` is batch.piece's.
function texts.new(work)
  local with = setmetatable({ registry = setmetatable({ rules = {} }, { __index = work.with.registry }),
    options = setmetatable({ output = "yaml" }, { __index = work.with.options }) }, { __index = work.with })
  return setmetatable({ work = { with = with, template = work.template, mark = "---\n" }, outlines = {}, heads = {}, plans = {}, tried = {},
    emitter = emit.new {} }, Texts)
end

-- --- in a page

local function add_text(pieces, text)
  local last = pieces[#pieces]
  if type(last) == "string" then pieces[#pieces] = last .. text
  elseif text ~= "" then pieces[#pieces + 1] = text end
end

local function read_items(bytes, at, count)
  local items = {}
  while at <= #bytes and #items < count do
    local tag = bytes:sub(at, at)
    local item
    if tag == "L" then item, at = ("<s4"):unpack(bytes, at + 1)
    elseif tag == "F" then
      item, at = ("<I4"):unpack(bytes, at + 1)
      item = { field = item }
    elseif tag == "P" then
      item, at = ("<i4"):unpack(bytes, at + 1)
      item = { piece = item }
    else
      local parts
      parts, at = ("<I4"):unpack(bytes, at + 1)
      item, at = read_items(bytes, at, parts)
    end
    items[#items + 1] = item
  end
  return items, at
end

-- The numbers of the fields that stand in a row: all but name and namespace, in their order.
local function field_numbers(items)
  local used, numbers = {}, { [0] = -1, -2 }
  for _, item in ipairs(items) do
    for _, part in ipairs(type(item) == "table" and item or {}) do
      if type(part) == "table" and part.field > 1 then used[part.field] = true end
    end
  end
  local count = 0
  for field in value.pairs(used) do
    numbers[field] = count
    count = count + 1
  end
  return numbers, count
end

-- pieces(bytes of a plan, marks of a row) -> pieces as the page has them (reports.html.spool)
function texts.pieces(bytes, marks)
  local head, at = ("<s4"):unpack(bytes)
  local items = read_items(bytes, at, math.maxinteger)
  local numbers, own = field_numbers(items)
  local pieces, mark = { head ~= "" and head or nil }, 0
  local function add(part)
    if type(part) == "string" then add_text(pieces, part) else pieces[#pieces + 1] = numbers[part.field] end
  end
  for _, item in ipairs(items) do
    if type(item) == "string" then add_text(pieces, item)
    elseif item.piece then pieces[#pieces + 1] = item.piece
    else
      mark = mark + 1
      local how = marks:sub(mark, mark)
      if how == "2" then
        pieces[#pieces + 1] = own
        own = own + 1
      else
        local quote = how == "1" and '"' or ""
        add_text(pieces, quote)
        for _, part in ipairs(item) do add(part) end
        add_text(pieces, quote)
      end
    end
  end
  return pieces
end

return texts
