-- Fixes of one file: what is asked for becomes edits, and a text is only taken when it says exactly what was asked for.
--
-- A request is { document, keys, was, to, remove }: in the document of that number, what the keys lead to, which is `was` now (nil:
-- absent), becomes `to`, or goes. Done or refused, a request gets `done = true` or `why`.
local edits = require "fixes.edits"
local page = require "fixes.page"
local value = require "base.value"

local plan = {}

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
  if value.is_list(a) ~= value.is_list(b) then return false end
  for key, v in pairs(a) do
    if not same(v, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end
plan.same = same

-- A value below keys that do not exist yet.
local function nested(keys, from, v)
  for i = #keys, from, -1 do v = { [keys[i]] = v } end
  return v
end

-- The deepest table that exists on the way, the index of the key behind it, and the table that it is in; nil and why not, when the way
-- leads through an alias.
local function walk(own, request)
  local t, keys, above = own.roots[request.document], request.keys, nil
  for i = 1, #keys - 1 do
    if type(t[keys[i]]) ~= "table" then return t, i, above end
    if own:is_elsewhere(t, keys[i]) then return nil, "it is written under an alias" end
    above, t = t, t[keys[i]]
  end
  return t, #keys, above
end

-- The last entry of a map or list goes: an empty one stays, behind the key if nothing is in the way.
local function remove_last(own, above, above_key, t, key)
  local edit = above and edits.replace(own, above, above_key, value.is_list(t) and value.list {} or {})
  return edit or edits.remove(own, t, key)
end

-- The edit for a request; nil and why not; nil and nil when there is nothing to do.
local function edit_for(own, request)
  local t, i, above = walk(own, request)
  if not t then return nil, i end
  local keys = request.keys
  local key, now = keys[i], t[keys[i]]
  if i == #keys and not same(now, request.was) then
    if not request.remove and same(now, request.to) or request.remove and now == nil then return nil, nil end
    return nil, "another fix has changed it"
  end
  if request.remove then
    if now == nil or i < #keys then return nil, "there is nothing to remove" end
    if next(t, next(t)) == nil then return remove_last(own, above, keys[i - 1], t, key) end
    return edits.remove(own, t, key)
  end
  local new = nested(keys, i + 1, request.to)
  if now == nil then return edits.add(own, t, key, new) end
  if i < #keys and now ~= value.null then return nil, ("%s is no map"):format(tostring(key)) end
  return edits.replace(own, t, key, new)
end

-- What a request asks for, done to a tree.
local function change(roots, request)
  local t, keys = roots[request.document], request.keys
  for i = 1, #keys - 1 do
    if type(t[keys[i]]) ~= "table" then t[keys[i]] = {} end
    t = t[keys[i]]
  end
  local key = keys[#keys]
  if not request.remove then t[key] = value.copy(request.to)
  elseif value.is_list(t) then table.remove(t, key)
  else t[key] = nil end
end

-- Copies of the roots in which nothing is shared.
local function copies(roots)
  local all = {}
  for i, root in ipairs(roots) do all[i] = value.copy(root) end
  return all
end

local function touches(a, b) return a[1] <= b[2] and b[1] <= a[2] end

-- Edits for as many requests as go together, which are those that were not done yet; the others wait for the next round.
local function choose(own, requests)
  local chosen, all, by_document = {}, {}, {}
  for _, request in ipairs(requests) do
    if not request.done and not request.why then
      local ok, edit, why = pcall(edit_for, own, request)
      if not ok then edit, why = nil, tostring(edit) end
      local others, free = by_document[request.document] or {}, edit ~= nil
      for _, other in ipairs(others) do free = free and not touches(edit, other) end
      if free then
        chosen[#chosen + 1], all[#all + 1], others[#others + 1] = request, edit, edit
        by_document[request.document] = others
      elseif not edit and why then request.why = why
      elseif not edit then request.done = true end
    end
  end
  return chosen, all
end

-- The page after the edits, or nil when it does not say exactly what was asked for.
local function tried(own, chosen, all, name)
  local after = page.parse(edits.apply(own.text, all), name)
  if not after then return nil end
  local wanted = copies(own.roots)
  for _, request in ipairs(chosen) do change(wanted, request) end
  return same(after.roots, wanted) and after or nil
end

-- One by one, since together they do not do.
local function try_each(own, chosen, name)
  for _, request in ipairs(chosen) do
    local ok, edit, why = pcall(edit_for, own, request)
    if ok and edit then
      local after = tried(own, { request }, { edit }, name)
      if after then own, request.done = after, true
      else request.why = "it would change something else in the file, too" end
    elseif ok and not why then request.done = true
    else request.why = tostring(why or edit) end
  end
  return own
end

-- run(page, requests, name) -> the page after all that could be done. The requests stand in the order from the end of the file to its
-- beginning, so that an item that goes does not change the numbers of those that come later.
function plan.run(own, requests, name)
  while true do
    local chosen, all = choose(own, requests)
    if #chosen == 0 then return own end
    local after = tried(own, chosen, all, name)
    if after then
      for _, request in ipairs(chosen) do request.done = true end
      own = after
    else own = try_each(own, chosen, name) end
  end
end

return plan
