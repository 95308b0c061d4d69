-- Words of shell text: quotes, escapes, expansions, here-documents.
--
-- A reader walks over a text once, byte by byte; grammar.lua asks it for words and gives it the lists inside $( … ). Bash's words are
-- read; what dash would not is entered as a bashism. A word is { pos, source, value, quoted, expansions }: `value` is its text without
-- quotes when nothing is expanded in it, `quoted` whether any of it stands in quotes. An expansion is
-- { kind = "parameter" | "command" | "backtick" | "arithmetic" | "process", pos, source, quoted, name, op, inner, list }.

-- What a reader can do; grammar.lua adds to it.
local Reader = {}

local MOST_DEPTH = 60 -- of $( … ), ${ … } and compound commands within each other

-- Stands for what is put in before a shell sees the text. It is a letter of words as any other.
local PLACEHOLDER = "\1"

-- The methods as a list of names and functions, made when grammar.lua has added its own.
local names, methods

-- Scripts have no metatables: each reader is given all that it can do.
local function reader_of(text)
  if not names then
    names, methods = {}, {}
    for name, method in pairs(Reader) do names[#names + 1], methods[#methods + 1] = name, method end
  end
  local reader = { text = text, at = 1, depth = 0, heredocs = {}, bashisms = {}, marks = {}, commands = {},
    has_marks = text:find(PLACEHOLDER, 1, true) ~= nil }
  for i = 1, #names do reader[names[i]] = methods[i] end
  return reader
end

-- Ends the reading: the text is wrong at `pos`.
function Reader:fail(message, pos) error({ message = message, pos = pos or self.at }, 0) end

-- Notes what dash does not read as bash does; `hard` when dash refuses it.
function Reader:bashism(what, pos, hard) self.bashisms[#self.bashisms + 1] = { what = what, pos = pos, hard = hard } end

function Reader:deeper()
  self.depth = self.depth + 1
  if self.depth > MOST_DEPTH then error({ deep = true }, 0) end
end

function Reader:shallower() self.depth = self.depth - 1 end

function Reader:peek(length) return self.text:sub(self.at, self.at + (length or 1) - 1) end

-- Remembers the placeholders between two places, and what stands around them.
function Reader:mark(first, last, context)
  if not self.has_marks then return end
  local at = self.text:find(PLACEHOLDER, first, true)
  while at and at <= last do
    self.marks[at] = context
    at = self.text:find(PLACEHOLDER, at + 1, true)
  end
end

-- --- what words are put together from. Each takes the word, appends to its `value` and `expansions`, and moves on.

local function append(word, text)
  if word.value then word.value = word.value .. text end
end

-- 'text'; self.at is behind the opening quote.
function Reader:single_quotes(word, context)
  local stop = self.text:find("'", self.at, true)
  if not stop then self:fail("a single quote is never closed", self.at - 1) end
  self:mark(self.at, stop, context or "single")
  append(word, self.text:sub(self.at, stop - 1))
  self.at = stop + 1
end

-- $'text' of bash, with escapes
function Reader:ansi_quotes(word)
  local start = self.at
  while true do
    local stop = self.text:find("['\\]", self.at)
    if not stop then self:fail("a single quote is never closed", start) end
    self.at = stop + (self.text:sub(stop, stop) == "\\" and 2 or 1)
    if self.text:sub(stop, stop + 1) == "\\'" then self:bashism("$'…\\'…'", start, true) end
    if self.text:sub(stop, stop) == "'" then break end
  end
  self:mark(start, self.at, "single")
  word.value = nil
end

-- "text"; self.at is behind the opening quote.
function Reader:double_quotes(word)
  local start = self.at - 1
  while true do
    local stop = self.text:find('["\\$`]', self.at)
    if not stop then self:fail("a double quote is never closed", start) end
    self:mark(self.at, stop, "double")
    append(word, self.text:sub(self.at, stop - 1))
    self.at = stop
    local char = self:peek()
    if char == '"' then break
    elseif char == "\\" then self:escape(word, true)
    elseif char == "$" then self:dollar(word, true)
    else self:backtick(word, true) end
  end
  self.at = self.at + 1
end

-- A backslash and what it escapes; within double quotes it may stand for itself.
function Reader:escape(word, in_double)
  local escaped = self.text:sub(self.at + 1, self.at + 1)
  self.at = self.at + 2
  if escaped == "\n" then return end
  append(word, in_double and not escaped:find '["\\$`]' and "\\" .. escaped or escaped)
end

local function expand(self, word, expansion)
  expansion.source = self.text:sub(expansion.pos, self.at - 1)
  word.value = nil
  word.expansions[#word.expansions + 1] = expansion
end

-- `commands`; within, a backslash escapes a backtick, a dollar sign and itself.
function Reader:backtick(word, quoted)
  local start = self.at
  self.at = start + 1
  while true do
    local stop = self.text:find("[`\\]", self.at)
    if not stop then self:fail("a backtick is never closed", start) end
    self.at = stop + (self.text:sub(stop, stop) == "\\" and 2 or 1)
    if self.text:sub(stop, stop) == "`" then break end
  end
  self:mark(start, self.at, "command")
  local inside = self.text:sub(start + 1, self.at - 2):gsub("\\([`\\$])", "%1")
  if quoted then inside = inside:gsub('\\"', '"') end
  local nested = reader_of(inside)
  nested.depth = self.depth + 1
  local ok, list = pcall(nested.program, nested)
  if not ok and type(list) == "table" and list.message then self:fail("in backticks: " .. list.message, start) end
  if not ok then error(list, 0) end
  expand(self, word, { kind = "backtick", pos = start, quoted = quoted, list = list })
end

-- $(( … )), self.at is behind it; false, and nothing has happened, when these are two parentheses of commands. That is remembered: each of
-- many within each other is tried once.
function Reader:arithmetic(word, quoted, start)
  if self.commands[start] then return false end
  local at, open = self.at, 0
  local scratch = { expansions = {} }
  while true do
    local stop = self.text:find("[()\\$`\"']", self.at)
    if not stop then break end
    self.at = stop
    local char = self:peek()
    if char == "(" then open = open + 1
    elseif char == ")" and open > 0 then open = open - 1
    elseif char == ")" then
      if self:peek(2) ~= "))" then break end
      self:mark(at, stop, "arithmetic")
      self.at = stop + 2
      expand(self, word, { kind = "arithmetic", pos = start, quoted = quoted, inner = scratch.expansions })
      return true
    end
    if char == "$" then self:dollar(scratch, true)
    elseif char == "`" then self:backtick(scratch, true)
    else self.at = self.at + (char == "\\" and 2 or 1) end
  end
  self.at, self.commands[start] = at, true
  return false
end

-- What begins with a dollar sign.
function Reader:dollar(word, quoted)
  local start = self.at
  local after = self.text:sub(start + 1, start + 1)
  self:deeper()
  if after == "(" then
    self.at = start + 3
    local is_double = self.text:sub(start + 2, start + 2) == "("
    if not is_double or not self:arithmetic(word, quoted, start) then
      if is_double then self:bashism("$(( with commands in it", start, true) end
      self.at = start + 2
      local list = self:list_until ")"
      if self:peek() ~= ")" then self:fail("$( is never closed", start) end
      self.at = self.at + 1
      expand(self, word, { kind = "command", pos = start, quoted = quoted, list = list })
    end
  elseif after == "{" then self:braces(word, quoted)
  elseif after == "'" and not quoted then
    self:bashism("$'…'", start)
    self.at = start + 2
    word.quoted = true
    self:ansi_quotes(word)
  else
    local name = self.text:match("^[%a_][%w_]*", start + 1) or self.text:match("^[%d@*#?$!-]", start + 1)
    self.at = start + 1 + (name and #name or 0)
    if name then expand(self, word, { kind = "parameter", pos = start, quoted = quoted, name = name })
    else append(word, "$") end
  end
  self:shallower()
end

-- ${ … }
function Reader:braces(word, quoted)
  local start = self.at
  local inside = start + 2
  local length = self.text:match("^#()[%a_@*%d]", inside)
  local name, stop = self.text:match("^!?([%a_][%w_]*)()", length or inside)
  if not name then name, stop = self.text:match("^(%d+)()", length or inside) end
  if not name then name, stop = self.text:match("^([@*#?$!-])()", length or inside) end
  self.at = stop or inside
  if self:peek() == "[" then self:subscript(start) end
  local op = self.text:match("^:?[-+=?]", self.at) or self.text:match("^[#%%/^,:@]", self.at)
  if op and op:find "^[/^,:@]$" then self:bashism("${" .. (name or "") .. op .. "…}", start) end
  self.at = self.at + #(op or "")
  local operand = { expansions = {}, value = "" }
  self:operand(operand, quoted and not (op and op:find "^[#%%/]"), start)
  expand(self, word, { kind = "parameter", pos = start, quoted = quoted, name = length and "#" or name or "", op = op,
    inner = operand.expansions })
end

-- [ … ] behind an array's name
function Reader:subscript(start)
  self:bashism("arrays", start)
  local scratch = { expansions = {} }
  while self:peek() ~= "]" do
    local stop = self.text:find("[]$`'\"\\}]", self.at)
    if not stop or self.text:sub(stop, stop) == "}" then return end
    self.at = stop
    local char = self:peek()
    if char == "$" then self:dollar(scratch, true)
    elseif char ~= "]" then self.at = self.at + 1 end
  end
  self.at = self.at + 1
end

-- What stands behind the operator of ${ … }, with the closing brace. Within double quotes a single quote is a letter; but bash wants
-- two of them.
function Reader:operand(word, quoted, start)
  local single_quotes = 0
  while true do
    local stop = self.text:find("[}'\"\\$`]", self.at)
    if not stop then self:fail("${ is never closed", start) end
    self:mark(self.at, stop, quoted and "double" or "plain")
    append(word, self.text:sub(self.at, stop - 1))
    self.at = stop
    local char = self:peek()
    if char == "}" then break
    elseif char == "'" and not quoted then
      self.at = self.at + 1
      self:single_quotes(word)
    elseif char == "'" then
      self.at, single_quotes = self.at + 1, single_quotes + 1
    elseif char == '"' then
      self.at = self.at + 1
      self:double_quotes(word)
    elseif char == "\\" then self:escape(word, quoted)
    elseif char == "$" then self:dollar(word, quoted)
    else self:backtick(word, quoted) end
  end
  if single_quotes % 2 == 1 then self.dash_only = self.dash_only or start end
  self.at = self.at + 1
end

-- <( … ) and >( … )
function Reader:process(word)
  local start = self.at
  self:bashism("process substitution", start, true)
  self.at = start + 2
  self:deeper()
  local list = self:list_until ")"
  if self:peek() ~= ")" then self:fail(self.text:sub(start, start + 1) .. " is never closed", start) end
  self.at = self.at + 1
  self:shallower()
  expand(self, word, { kind = "process", pos = start, quoted = true, list = list })
end

-- The word at self.at, or nil when there is none.
function Reader:word()
  local start = self.at
  local word = { pos = start, value = "", expansions = {}, quoted = false }
  while true do
    local stop = self.text:find("[%s;&|<>()'\"\\$`]", self.at) or #self.text + 1
    self:mark(self.at, stop, "plain")
    append(word, self.text:sub(self.at, stop - 1))
    self.at = stop
    local char = self:peek()
    if char == "'" or char == '"' then
      word.quoted = true
      self.at = stop + 1
      if char == "'" then self:single_quotes(word) else self:double_quotes(word) end
    elseif char == "\\" then
      if self.text:sub(stop + 1, stop + 1) ~= "\n" then word.quoted = true end
      self:escape(word)
    elseif char == "$" then
      if self.text:sub(stop + 1, stop + 1) == '"' then self.at = stop + 1 else self:dollar(word, false) end
    elseif char == "`" then self:backtick(word, false)
    elseif (char == "<" or char == ">") and self.text:sub(stop + 1, stop + 1) == "(" then self:process(word)
    else break end
  end
  if self.at == start then return nil end
  word.source = self.text:sub(start, self.at - 1)
  return word
end

-- --- here-documents

-- Reads the bodies of the here-documents that the line before began; self.at is behind its end.
function Reader:bodies()
  local pending = self.heredocs
  self.heredocs = {}
  for _, heredoc in ipairs(pending) do
    local start = self.at
    local stop
    repeat
      local line, after = self.text:match("^([^\n]*)\n?()", self.at)
      stop, self.at = self.at, after
      if heredoc.strip then line = line:gsub("^\t+", "") end
    until line == heredoc.delimiter or self.at > #self.text
    heredoc.body = self:body(start, stop, heredoc.literal)
  end
end

-- The expansions in a here-document.
function Reader:body(start, stop, literal)
  self:mark(start, stop, literal and "single" or "double")
  if literal then return {} end
  local word = { expansions = {}, value = "" }
  local nested = reader_of(self.text:sub(1, stop - 1))
  nested.at, nested.depth = start, self.depth
  while nested.at < stop do
    nested.at = nested.text:find("[\\$`]", nested.at) or stop
    local char = nested:peek()
    if char == "\\" then nested.at = nested.at + 2
    elseif char == "$" then nested:dollar(word, true)
    elseif char == "`" then nested:backtick(word, true) end
  end
  return word.expansions
end

return { Reader = Reader, reader_of = reader_of, PLACEHOLDER = PLACEHOLDER }
