-- The rows of a batch that have a name, for those who ask about one target. The rows are read as a stream, and none is kept.
--
-- A name is that of a row, or NAMESPACE/NAME. Several rows may have it, in other namespaces or with other Tasks, wherever they stand: so
-- all rows are looked through.
local near = require "base.near"

local find = {}

local MOST_SAMPLES = 400 -- of names that stand first, and of those that are almost the one
local NO_PLANS = {}

local Search = {}
Search.__index = Search

-- Whether two names are the same but for a place of at most two bytes, such as a letter too many or two that are swapped.
local function almost(a, b)
  if math.abs(#a - #b) > 2 then return false end
  local first, last, shorter = 0, 0, math.min(#a, #b)
  while first < shorter and a:byte(first + 1) == b:byte(first + 1) do first = first + 1 end
  while last < shorter - first and a:byte(-last - 1) == b:byte(-last - 1) do last = last + 1 end
  return math.max(#a, #b) - first - last <= 2
end

-- What is kept of a row that has another name, in case that none has the one that is looked for.
function Search:pass(row)
  local counted = almost(row.name, self.name) and "close" or "first"
  local names = self[counted]
  if self.found > 0 or #names >= MOST_SAMPLES then return end
  names[#names + 1] = self.namespace and (row.namespace or self.usual) .. "/" .. row.name or row.name
end

function Search:look_at(row, f)
  local here = row.name == self.name and (not self.namespace or self.namespace == (row.namespace or self.usual))
  if not here then return self:pass(row) end
  self.found = self.found + 1
  f(row)
end

function Search:look_through(bytes, reader, f)
  reader:give(bytes, NO_PLANS)
  while true do
    local row, problem = reader:row ""
    if row == nil then return end
    if row then self:look_at(row, f)
    else
      self.bad = self.bad + 1
      self.bad_place = self.bad_place or problem.place
    end
  end
end

-- Why there is none, in words.
function Search:words(wanted, rows)
  table.move(self.first, 1, #self.first, #self.close + 1, self.close)
  local meant, words = near(wanted, self.close), ("no row of %s is called %s"):format(rows.path, wanted)
  if self.bad > 0 then words = ("%s; malformed: %d, the first in line %d"):format(words, self.bad, self.bad_place.line) end
  return meant and ("%s; did you mean %s?"):format(words, meant) or words
end

-- each(rows, wanted, namespace of rows that name none, f): calls f with each row of that name, in their order. Returns true, or nil and
-- why there is none.
function find.each(rows, wanted, namespace, f)
  local self = setmetatable({ usual = namespace or "default", found = 0, bad = 0, close = {}, first = {} }, Search)
  self.namespace, self.name = wanted:match "^([^/]*)/(.*)$"
  self.name = self.name or wanted
  for bytes in function() return rows:next() end do self:look_through(bytes, rows.reader, f) end
  if self.found > 0 then return true end
  return nil, self:words(wanted, rows)
end

return find
