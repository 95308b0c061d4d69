-- Line by line, how one text becomes another.
--
-- Myers' greedy walk finds a shortest way. Texts that have little in common are not worth the search: then all between their common
-- beginning and their common end is replaced.
local diff = {}

local MOST_STEPS = 1000 -- changed lines for which a shortest way is looked for

-- What stands behind a last line that has no end; patch knows it, and no other line can hold it.
local UNENDED = "\n\\ No newline at end of file"

-- The lines of a text, without line ends.
local function lines_of(text)
  local lines = {}
  for line, ending in text:gmatch "([^\n]*)(\n?)" do
    if line ~= "" or ending ~= "" then lines[#lines + 1] = ending == "" and line .. UNENDED or line end
  end
  return lines
end

-- From how far the diagonals had come before each step, the way itself: { "=" | "-" | "+", … } in order.
local function walk_back(trace, n, m)
  local back, x, y = {}, n, m
  for d = #trace - 1, 0, -1 do
    local ends, k = trace[d + 1], x - y
    local down = k == -d or (k ~= d and ends[k - 1] < ends[k + 1])
    local before = down and k + 1 or k - 1
    local start = down and ends[before] or ends[before] + 1
    for _ = start + 1, x do back[#back + 1] = "=" end
    if d > 0 then back[#back + 1] = down and "+" or "-" end
    x = ends[before]
    y = x - before
  end
  local way = {}
  for i = #back, 1, -1 do way[#way + 1] = back[i] end
  return way
end

-- The shortest way from a to b, or nil when it is long. trace[d + 1] holds how far each diagonal had come before step d.
local function shortest(a, b)
  local n, m, ends, trace = #a, #b, { [1] = 0 }, {}
  for d = 0, math.min(n + m, MOST_STEPS) do
    trace[d + 1] = table.move(ends, -d - 1, d + 1, -d - 1, {})
    for k = -d, d, 2 do
      local x
      if k == -d or (k ~= d and ends[k - 1] < ends[k + 1]) then x = ends[k + 1] else x = ends[k - 1] + 1 end
      while x < n and x - k < m and a[x + 1] == b[x - k + 1] do x = x + 1 end
      ends[k] = x
      if x >= n and x - k >= m then return walk_back(trace, n, m) end
    end
  end
end

-- All of a removed, all of b added.
local function replaced(a, b)
  local way = {}
  for i = 1, #a do way[i] = "-" end
  for i = 1, #b do way[#a + i] = "+" end
  return way
end

-- The steps as { mark, line }, in order: "=" in both texts, "-" only in the first, "+" only in the second.
local function steps(a, b)
  local head, tail = 0, 0
  while head < #a and head < #b and a[head + 1] == b[head + 1] do head = head + 1 end
  while tail < #a - head and tail < #b - head and a[#a - tail] == b[#b - tail] do tail = tail + 1 end
  local x, y = table.move(a, head + 1, #a - tail, 1, {}), table.move(b, head + 1, #b - tail, 1, {})
  local all, i, j = {}, 0, 0
  for k = 1, head do all[k] = { "=", a[k] } end
  for _, mark in ipairs(shortest(x, y) or replaced(x, y)) do
    if mark ~= "+" then i = i + 1 end
    if mark ~= "-" then j = j + 1 end
    all[#all + 1] = { mark, mark == "+" and y[j] or x[i] }
  end
  for k = #a - tail + 1, #a do all[#all + 1] = { "=", a[k] } end
  return all
end

-- The ranges of steps { first, last } that hunks show: changes, and so many lines round them.
local function ranges(all, context)
  local found = {}
  for i, step in ipairs(all) do
    local last = found[#found]
    if step[1] ~= "=" then
      if last and i - context <= last[2] + 1 then last[2] = math.min(i + context, #all)
      else found[#found + 1] = { math.max(1, i - context), math.min(i + context, #all) } end
    end
  end
  return found
end

-- unified(a, b, name of a, name of b [, lines of context]) -> a unified diff, "" when the texts are equal
function diff.unified(a, b, a_name, b_name, context)
  local all = steps(lines_of(a), lines_of(b))
  local out, old, new, at = {}, 0, 0, 0
  for _, range in ipairs(ranges(all, context or 3)) do
    while at < range[1] - 1 do at, old, new = at + 1, old + 1, new + 1 end
    local first_old, first_new, body = old, new, {}
    while at < range[2] do
      at = at + 1
      local mark, line = all[at][1], all[at][2]
      if mark ~= "+" then old = old + 1 end
      if mark ~= "-" then new = new + 1 end
      body[#body + 1] = (mark == "=" and " " or mark) .. line .. "\n"
    end
    if #out == 0 then out[1] = ("--- %s\n+++ %s\n"):format(a_name, b_name) end
    local olds, news = old - first_old, new - first_new
    if olds > 0 then first_old = first_old + 1 end
    if news > 0 then first_new = first_new + 1 end
    out[#out + 1] = ("@@ -%d,%d +%d,%d @@\n"):format(first_old, olds, first_new, news)
    table.move(body, 1, #body, #out + 1, out)
  end
  return table.concat(out)
end

return diff
