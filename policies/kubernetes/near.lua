-- Near misses: the name out of a list that was probably meant.

-- The number of edits (insert, delete, replace, swap neighbours) that turn a into b.
local function distance(a, b)
  local before, last
  local row = {}
  for k = 0, #b do row[k] = k end
  for i = 1, #a do
    before, last, row = last, row, { [0] = i }
    for k = 1, #b do
      local cost = a:byte(i) == b:byte(k) and 0 or 1
      row[k] = math.min(last[k] + 1, row[k - 1] + 1, last[k - 1] + cost)
      if i > 1 and k > 1 and a:byte(i) == b:byte(k - 1) and a:byte(i - 1) == b:byte(k) then row[k] = math.min(row[k], before[k - 2] + 1) end
    end
  end
  return row[#b]
end

local LONGEST = 80 -- bytes; the cost grows with the square

-- near(name, names) -> the name of the list that resembles it most, or nil. Case does not count.
return function(name, names)
  if #name > LONGEST then return nil end
  local best, least = nil, math.max(1, #name // 3) + 1
  local folded = name:lower()
  for _, candidate in ipairs(names) do
    local d = distance(folded, candidate:lower())
    if d < least then best, least = candidate, d end
  end
  return best
end
