-- A plan in words: what is written for every target, what differs, and what rules still look at.
local diag = require "base.diag"
local value = require "base.value"

local show = {}

local function add(out, words, ...) out[#out + 1] = words:format(...) end

-- The names of a plan's fields, by their numbers, as plan.fill orders them.
local function field_names(row, asked)
  local names = { [0] = "name", "namespace" }
  local number = 1
  for _, each in ipairs { { "variable", row.variables }, { "param", row.params } } do
    for name in value.pairs(each[2]) do
      number = number + 1
      names[number] = each[1] .. " " .. name
    end
  end
  for _, each in ipairs(asked) do
    if each.answers then
      number = number + 1
      names[number] = ("%s, which provider %s is asked for"):format(each.name, each.provider.name)
    end
  end
  return names
end

-- What rows of the shape have in common.
local function shape_words(row, task)
  local parts = { "rows with " .. (row.namespace and "name and namespace" or "name") }
  for _, each in ipairs { { "variables", row.variables }, { "params", row.params } } do
    local names = value.keys(each[2])
    if names[1] then parts[#parts + 1] = each[1] .. " " .. table.concat(names, ", ") end
  end
  return ("Task %s, %s"):format(row.task or task, table.concat(parts, "; "))
end

local function slot_words(slot, fields)
  local of = {}
  for i, number in ipairs(slot.of) do of[i] = ("{%d}"):format(number) end
  local words
  if slot.kind == "field" then words = fields[slot.field]
  elseif slot.kind == "name" then words = ("the name that %s make"):format(table.concat({ slot.source, of[1], slot.suffix }, " and "))
  else words = ("%s, from %s"):format(slot.source, table.concat(of, " ")) end
  return words .. (slot.guarded and "; must not be empty" or "")
end

local function add_slots(out, plan, row)
  local slots, fields = plan.filler:slots(), field_names(row, plan.asked)
  add(out, "  %d slots:\n", #slots)
  for i, slot in ipairs(slots) do add(out, "    {%d} %s\n", i - 1, diag.visible(slot_words(slot, fields))) end
end

-- The text with slots in braces, "---" between objects.
local function add_text(out, plan)
  local parts, length = {}, 0
  for i = 1, #plan.kinds do
    if i > 1 then parts[#parts + 1] = "---\n" end
    for _, piece in ipairs(plan.filler:pieces(i)) do
      parts[#parts + 1] = type(piece) == "string" and piece or ("{%d}"):format(piece)
      length = length + (type(piece) == "string" and #piece or 0)
    end
  end
  add(out, "  text, of which %d bytes are the same for all:\n", length)
  for line in table.concat(parts):gmatch "[^\n]+" do add(out, "    %s\n", diag.visible(line)) end
end

local function add_rules(out, plan)
  if not plan.registry then return add(out, "  rules: none\n") end
  local looks, counts, parts = plan.filler:looks(), {}, {}
  for _, slot in ipairs(looks) do counts[slot] = (counts[slot] or 0) + 1 end
  for slot, count in value.pairs(counts) do parts[#parts + 1] = ("%d at {%d}"):format(count, slot) end
  add(out, "  rules: %d, settled once but for %d looks at each target%s\n", plan.count, #looks,
    parts[1] and ": " .. table.concat(parts, ", ") or "")
  for _, name in ipairs(plan.values) do add(out, "    %s looks at values themselves, so it is asked for each target\n", name) end
end

-- text(learned, task) -> what is known of a shape of rows (batch.piece), in lines
function show.text(learned, task)
  local out, plan = {}, learned.plan
  add(out, "%s:\n", diag.visible(shape_words(learned.row, task)))
  if not plan then
    add(out, "  rendered one by one: %s\n", diag.visible(learned.why))
    return table.concat(out)
  end
  add_slots(out, plan, learned.row)
  add_rules(out, plan)
  add_text(out, plan)
  return table.concat(out)
end

return show
