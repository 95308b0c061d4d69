-- Near misses: the name that was probably meant.

-- The number of edits (insert, delete, replace, swap neighbours) that turn a into b.
local function distance(a, b)
  local last, before
  local row = {}
  for k = 0, #b do row[k] = k end
  for i = 1, #a do
    before, last, row = last, row, { [0] = i }
    for k = 1, #b do
      local cost = a:byte(i) == b:byte(k) and 0 or 1
      row[k] = math.min(last[k] + 1, row[k - 1] + 1, last[k - 1] + cost)
      if i > 1 and k > 1 and a:byte(i) == b:byte(k - 1) and a:byte(i - 1) == b:byte(k) then
        row[k] = math.min(row[k], before[k - 2] + 1)
      end
    end
  end
  return row[#b]
end

-- True when a's letters stand in b in this order, as those of an abbreviation do.
local function abbreviates(a, b)
  local at = 1
  for i = 1, #a do
    at = b:find(a:sub(i, i), at, true)
    if not at then return false end
    at = at + 1
  end
  return true
end

local MOST_LETTERS = 80 -- longer names are not compared: the cost grows with the square
local MOST_CANDIDATES = 1000

-- near(name, candidates) -> the candidate that resembles the name most, or nil when none does. Case does not count. A name that is
-- no misspelling of any may still be short for one.
return function(name, candidates)
  local best, least = nil, math.max(1, #name // 3) + 1
  local short_for
  local folded = name:lower()
  if #name > MOST_LETTERS then return nil end
  for i, candidate in ipairs(candidates) do
    if i > MOST_CANDIDATES then break end
    local other = candidate:lower()
    if candidate ~= name and #candidate <= MOST_LETTERS then
      local d = distance(folded, other)
      if d < least then best, least = candidate, d end
      local abbreviated = #name >= 4 and folded:byte() == other:byte() and abbreviates(folded, other)
      if abbreviated and (not short_for or #candidate < #short_for) then short_for = candidate end
    end
  end
  return best or short_for
end
