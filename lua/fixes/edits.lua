-- The edits that change one value of a file's text, and nothing else in it: { from, to, text } puts a text in the place of a span.
--
-- What cannot be done without touching something else is refused, with a reason; whether the result says what it should is for the
-- caller to check (fixes.plan).
local style = require "fixes.style"
local value = require "base.value"

local edits = {}

local function is_full(v) return type(v) == "table" and next(v) ~= nil end

-- Whether a span holds a comment, or what looks like one.
local function has_comment(page, from, to)
  local text = page.text:sub(from, to - 1)
  return text:find "^#" ~= nil or text:find "%s#" ~= nil
end

-- The end of the line that a position is in, when nothing but a comment stands between; nil otherwise.
local function free_line_end(page, at)
  local _, stop = page:line_of(at)
  local rest = page.text:sub(at, stop - 1)
  return (rest:find "^[ \t]*$" or rest:find "^[ \t]+#") and stop or nil
end

-- --- replacing

-- A value that is not written at all, as in `key:`, gets one.
local function fill(page, t, key, new)
  local at = value.is_list(t) and page:span(t, key) or page:behind_colon(t, key)
  if not is_full(new) or page:is_flow(t) then
    local text = page:is_flow(t) and style.flow(new, page.json) or is_full(new) and style.flow(new) or style.scalar(new, "")
    return { at, at, " " .. text }
  end
  local stop = free_line_end(page, at)
  if not stop or value.is_list(t) then return nil, "there is no room for it on its line" end
  local _, _, column = page:span(t, key, "key")
  local line_end = page:line_end()
  return { stop, stop, line_end .. (" "):rep(column + 1) .. style.block(new, column + 1, line_end) }
end

-- A map or list that is written in lines.
local function replace_block(page, t, key, new)
  local from, _, column = page:span(t, key)
  local to = page:content_end(t, key)
  if is_full(new) then
    if has_comment(page, from, to) then return nil, "there are comments in what would be replaced" end
    local _, _, key_column = page:span(t, key, "key")
    local more = 0 -- a list may stand right below its key, a map may not
    if not value.is_list(t) and not value.is_list(new) and column == key_column then more = 2 end
    return { from, to, (" "):rep(more) .. style.block(new, column - 1 + more, page:line_end()) }
  end
  if not value.is_list(t) then from = page:behind_colon(t, key) end
  if has_comment(page, from, to) then return nil, "there are comments in what would be replaced" end
  return { from, to, (value.is_list(t) and "" or " ") .. (type(new) == "table" and style.flow(new) or style.scalar(new, "")) }
end

-- replace(page, table, key, new) -> edit | nil, why not
function edits.replace(page, t, key, new)
  if page:has_properties(t, key) then return nil, "it has an anchor or a tag, or is an alias" end
  local from, to = page:span(t, key)
  local old = t[key]
  if from == to then return fill(page, t, key, new) end
  if type(old) == "table" and not page:is_flow(old) then return replace_block(page, t, key, new) end
  local text = page.text:sub(from, to - 1)
  if text:find "^[|>]" and type(old) == "string" then return nil, "it is a block of text" end
  if type(old) == "table" and has_comment(page, from, to) then return nil, "there are comments in what would be replaced" end
  if type(new) == "table" then return { from, to, style.flow(new, page.json) } end
  return { from, to, style.scalar(new, text, page:is_flow(t), page.json) }
end

-- --- adding

local function key_text(page, key) return page.json and style.json(key) or style.scalar(key, "", true) end

local function add_to_flow(page, t, key, new)
  local from = page:behind_properties((page:span(t)))
  local entry = key_text(page, key) .. ": " .. style.flow(new, page.json)
  local all = page:entries(t)
  if #all == 0 then return { from + 1, from + 1, entry } end
  local last = all[#all]
  local at = page:content_end(t, last.key)
  local lead = page.text:sub(page:line_of(last.from), last.from - 1)
  if lead:find "^[ \t]+$" then return { at, at, "," .. page:line_end() .. lead .. entry } end -- each key has a line of its own
  return { at, at, ", " .. entry }
end

-- add(page, map, key, new) -> edit | nil, why not: the key, which the map lacks, behind its last one
function edits.add(page, t, key, new)
  if value.is_list(t) then return nil, "it is no key of a map" end
  if page:is_flow(t) then return add_to_flow(page, t, key, new) end
  local all = page:entries(t)
  if #all == 0 then return nil, "the map has no keys of its own" end
  local stop = free_line_end(page, page:content_end(t, all[#all].key))
  if not stop then return nil, "something stands behind the last key of the map" end
  local _, _, column = page:span(t, all[1].key, "key")
  local line_end = page:line_end()
  return { stop, stop, line_end .. (" "):rep(column - 1) .. style.block({ [key] = new }, column - 1, line_end) }
end

-- --- removing

-- An entry of a list starts at its dash.
local function dash_before(page, from)
  local at = from
  while at > 1 and page.text:sub(at - 1, at - 1):find "[ \t\r\n]" do at = at - 1 end
  return page.text:sub(at - 1, at - 1) == "-" and at - 1 or from
end

local function position_of(all, key)
  for i, each in ipairs(all) do
    if each.key == key then return i end
  end
end

-- Within brackets, with the comma that belongs to it.
local function remove_from_flow(page, t, all, i)
  local from, to = all[i].from, page:content_end(t, all[i].key)
  if all[i + 1] then to = all[i + 1].from
  elseif all[i - 1] then from = page:content_end(t, all[i - 1].key) end
  if has_comment(page, from, to) then return nil, "there are comments round it" end
  return { from, to, "" }
end

local function remove_from_block(page, t, all, i)
  local list = value.is_list(t)
  local from = list and dash_before(page, all[i].from) or all[i].from
  local to = page:content_end(t, all[i].key)
  if #all == 1 then return { from, to, list and "  []" or "{}" } end -- a list may have stood right below its key
  local line = page:line_of(from)
  if page.text:sub(line, from - 1):find "[^ \t]" then -- the first of a map within a list, such as `- name: x`
    if not all[i + 1] then return nil, "it shares its line" end
    local behind = list and dash_before(page, all[i + 1].from) or all[i + 1].from
    if has_comment(page, to, behind) then return nil, "there are comments behind it" end
    return { from, behind, "" }
  end
  local stop = free_line_end(page, to)
  if not stop then return nil, "it shares its line" end
  local behind = page.text:match("^\r?\n()", stop) or stop
  return { line, behind, "" }
end

-- remove(page, table, key) -> edit | nil, why not
function edits.remove(page, t, key)
  if not value.is_list(t) and page:is_merged(t, key) then return nil, "it came through an alias" end
  local all = page:entries(t)
  local i = position_of(all, key)
  if page:is_flow(t) then return remove_from_flow(page, t, all, i) end
  return remove_from_block(page, t, all, i)
end

-- apply(text, edits) -> text; the edits do not overlap
function edits.apply(text, all)
  local ordered = table.move(all, 1, #all, 1, {})
  table.sort(ordered, function(a, b) return a[1] < b[1] end)
  local out, at = {}, 1
  for _, edit in ipairs(ordered) do
    out[#out + 1] = text:sub(at, edit[1] - 1)
    out[#out + 1] = edit[3]
    at = edit[2]
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

return edits
