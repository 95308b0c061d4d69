-- A file's text with what it says: which bytes a key, a value or an entry of a map or list takes up.
--
-- Positions are those of bytes, from 1; a span is the position of its first byte and the one behind its last.
local load = require "engine.load"
local value = require "base.value"

local Page = {}
Page.__index = Page

local page = {}

-- Where each line starts. Lines end where the readers say so (engine/base/source.h).
local function line_starts(text)
  local starts = { 1 }
  for at in text:gmatch "()[\r\n\xc2\xe2]" do
    local behind = text:match("^\r?\n()", at) or text:match("^\r()", at) or text:match("^\u{85}()", at)
      or text:match("^\u{2028}()", at) or text:match("^\u{2029}()", at)
    if behind and behind > starts[#starts] then starts[#starts + 1] = behind end
  end
  return starts
end

-- parse(text, name) -> page | nil, problem. page.roots are the documents' values, page.tables the numbers of those that are tables.
function page.parse(text, name)
  local source, problem = load.source(text, name)
  local reader
  if source then reader, problem = load.reader(source) end
  local self = setmetatable({ source = source, text = source and load.text(source), roots = {}, tables = {} }, Page)
  while not problem do
    local root, why = load.next(reader)
    if root == nil then
      problem = why
      break
    end
    self.roots[#self.roots + 1] = root
    if type(root) == "table" then table.insert(self.tables, #self.roots) end
  end
  if type(problem) == "table" then return nil, problem end
  self.json = self.text:find "^%s*[%[{]" ~= nil
  return self
end

-- The position of a line and column.
function Page:position(line, column)
  self.starts = self.starts or line_starts(self.text)
  local start = self.starts[line]
  return start and utf8.offset(self.text, column, start) or #self.text + 1
end

-- The span of a table, or of the value or key at `key`.
function Page:span(t, key, part)
  local line, column, end_line, end_column = load.place(t, key, part)
  return self:position(line, column), self:position(end_line, end_column), column
end

-- The position behind anchors and tags.
function Page:behind_properties(from)
  local at = from
  while true do
    local behind = self.text:match("^[&!]%S*%s+()", at)
    if not behind then return at end
    at = behind
  end
end

-- Whether a table is written with brackets.
function Page:is_flow(t) return self.text:find("^[%[{]", self:behind_properties((self:span(t)))) ~= nil end

-- Whether the value at `key` is written somewhere else: it is an alias, or came through `<<`.
function Page:is_elsewhere(t, key)
  local from, to = self:span(t)
  local start = self:span(t, key)
  if value.is_list(t) then return start < from or start > to end
  local key_from, key_to = self:span(t, key, "key")
  return key_from < from or key_from >= to or start < key_to
end

-- Whether it is an alias, or has an anchor or a tag.
function Page:has_properties(t, key)
  return self:is_elsewhere(t, key) or self.text:find("^[&!*]", (self:span(t, key))) ~= nil
end

-- The entries of a table that are written in it, in the order of the text: { key, from, value }, where `value` is the value's span.
function Page:entries(t)
  local found = {}
  for _, key in ipairs(value.keys(t)) do
    local own = value.is_list(t) or not self:is_merged(t, key)
    if own then
      local from, to = self:span(t, key)
      found[#found + 1] = { key = key, from = value.is_list(t) and from or self:span(t, key, "key"), value = { from, to } }
    end
  end
  table.sort(found, function(a, b) return a.from < b.from end)
  return found
end

-- Whether the key came through `<<`.
function Page:is_merged(t, key)
  local from, to = self:span(t)
  local key_from = self:span(t, key, "key")
  return key_from < from or key_from >= to
end

-- The position behind the colon of a key.
function Page:behind_colon(t, key)
  local _, key_to = self:span(t, key, "key")
  return self.text:match("^%s*:()", key_to) or key_to
end

local BLOCK_SCALAR = "^[|>]"

-- The position behind the last character of the value at `key`; comments and empty lines behind it are not part of it.
function Page:content_end(t, key)
  local from, to = self:span(t, key)
  if not value.is_list(t) and self:is_elsewhere(t, key) then -- an alias
    local at = self.text:match("^%s*%*[^%s,%]}]+()", self:behind_colon(t, key))
    return at or to
  end
  local v, start = t[key], self:behind_properties(from)
  if type(v) == "table" and not self:is_flow(v) then
    local last = self:entries(v)
    return #last > 0 and self:content_end(v, last[#last].key) or to
  end
  if type(v) ~= "table" and self.text:find(BLOCK_SCALAR, start) then
    while self.text:find("^%s", to - 1) do to = to - 1 end
    return to
  end
  if from == to and not value.is_list(t) then return self:behind_colon(t, key) end
  return to
end

-- The positions of the first byte of the line that a position is in, and of its line end (or behind the text).
function Page:line_of(position)
  local from = position
  while from > 1 and not self.text:find("^[\r\n]", from - 1) do from = from - 1 end
  return from, self.text:find("[\r\n]", position) or #self.text + 1
end

-- How lines end in this file.
function Page:line_end() return self.text:match "\r?\n" or "\n" end

return page
