-- The grammar of shell text: lists, pipelines and commands of the words that words.lua reads.
--
-- list      { statement, … }            statement  { pipelines, ops, background, pos }: a && b || c
-- pipeline  { commands, negated, pos }
-- command   { kind, pos, redirects, … }
--   simple    assigns { name, word, … }, words
--   group, subshell, while, until, if: lists     for, select: name, words, lists     case: word, lists
--   function: name, body     condition ([[ … ]]), arithmetic ((( … )))
-- redirect  { op, word, heredoc }
local compound = include "compound.lua"
local words = include "words.lua"
local Reader = words.Reader

-- Words that are more than words where a command begins.
local RESERVED = { ["if"] = true, ["then"] = true, ["else"] = true, ["elif"] = true, ["fi"] = true, ["do"] = true, ["done"] = true,
  ["case"] = true, ["esac"] = true, ["while"] = true, ["until"] = true, ["for"] = true, ["{"] = true, ["}"] = true, ["!"] = true,
  ["in"] = true, ["select"] = true, ["function"] = true, ["[["] = true, ["time"] = true }

-- Those that no command begins with.
local MISPLACED = { ["in"] = true, ["!"] = true, ["then"] = true, ["else"] = true, ["elif"] = true, ["fi"] = true,
  ["do"] = true, ["done"] = true, ["esac"] = true, ["}"] = true }

-- Blanks, escaped line ends and comments.
function Reader:blanks()
  local text, at = self.text, self.at
  while true do
    local byte = text:byte(at)
    if byte == 0x20 or byte == 0x09 or byte == 0x0d then at = at + 1
    elseif byte == 0x5c and text:byte(at + 1) == 0x0a then at = at + 2 -- a backslash at the line's end
    elseif byte == 0x23 then at = text:find("\n", at, true) or #text + 1
    else break end
  end
  self.at = at
end

-- Blanks and line ends.
function Reader:lines()
  self:blanks()
  while self:peek() == "\n" do
    self.at = self.at + 1
    self:bodies()
    self:blanks()
  end
end

local OPERATORS = { ";;&", "&>>", "&&", "||", ";;", ";&", "|&", "&>", "|", "&", ";", "(", ")", "\n", "<", ">" }

-- The operator at self.at, without moving on; nil at a word, "" at the end.
function Reader:operator()
  self:blanks()
  if self.at > #self.text then return "" end
  if not self.text:find("^[;&|()<>\n]", self.at) then return nil end
  for _, op in ipairs(OPERATORS) do
    if self.text:sub(self.at, self.at + #op - 1) == op then
      if (op == "<" or op == ">") and self.text:sub(self.at + 1, self.at + 1) == "(" then return nil end
      return op
    end
  end
end

-- The reserved word at self.at, without moving on, or nil.
function Reader:reserved()
  self:blanks()
  local text = self.text:match("^[%a{}!%[]+", self.at)
  if not text or not RESERVED[text] then return nil end
  local behind = self.text:sub(self.at + #text, self.at + #text)
  return (behind == "" or behind:find "[%s;&|<>()]") and text or nil
end

local function shown(op)
  if op == "" then return "the end of the text" end
  return op == "\n" and "the end of the line" or op
end

function Reader:unexpected(pos)
  local op = self:operator()
  local what = op and shown(op) or self:reserved() or self.text:match("^%S+", self.at)
  self:fail(("%s is not expected here"):format(what), pos)
end

-- Moves over a reserved word that has to be here; `opener` and `pos` are what it closes.
function Reader:close(name, opener, pos)
  self:lines()
  if self:reserved() ~= name then
    if self.at > #self.text then self:fail(("%s has no %s"):format(opener, name), pos) end
    self:unexpected()
  end
  self.at = self.at + #name
end

-- --- redirections

local REDIRECTIONS = { "<<<", "<<-", "&>>", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "<", ">" }
local BASH_REDIRECTIONS = { ["<<<"] = true, ["&>>"] = false, ["&>"] = false }

-- The redirection at self.at, or nil.
function Reader:redirection()
  local start = self.at
  if not self.text:find("^[%d<>&{]", start) then return nil end
  local at = self.text:match("^%d*()[<>&]", start) or self.text:match("^{[%a_][%w_]*}()[<>]", start)
  if not at then return nil end
  local op
  for _, each in ipairs(REDIRECTIONS) do
    if self.text:sub(at, at + #each - 1) == each then
      op = each
      break
    end
  end
  if not op or op:sub(1, 1) == "&" and at ~= start then return nil end
  if self.text:find("^[<>]%(", at) then return nil end
  if BASH_REDIRECTIONS[op] ~= nil then self:bashism(op, start, BASH_REDIRECTIONS[op]) end
  self.at = at + #op
  self:blanks()
  local word = self:word()
  if not word then self:unexpected() end
  local redirect = { op = op, word = word, pos = start }
  if op == "<<" or op == "<<-" then
    local delimiter = word.value or word.source
    redirect.heredoc = { delimiter = delimiter, literal = word.quoted, strip = op == "<<-" }
    table.insert(self.heredocs, redirect.heredoc)
    redirect.word = nil
  end
  return redirect
end

function Reader:redirections(command)
  self:blanks()
  local redirect = self:redirection()
  while redirect do
    table.insert(command.redirects, redirect)
    self:blanks()
    redirect = self:redirection()
  end
  return command
end

-- --- simple commands and functions

-- name=( … ) of bash: its words
function Reader:array(start)
  self:bashism("arrays", start, true)
  local items = {}
  self.at = self.at + 1
  self:lines()
  while self:peek() ~= ")" do
    local word = self:word()
    if not word then self:unexpected() end
    items[#items + 1] = word
    self:lines()
  end
  self.at = self.at + 1
  return items
end

-- name=word, name+=word or name[…]=word at self.at as { name, word | items }, or nil.
function Reader:assignment()
  local name, stop = self.text:match("^([%a_][%w_]*)%+?=()", self.at)
  if not name and self.text:find("^[%a_][%w_]*%[", self.at) then
    name, stop = self.text:match("^([%a_][%w_]*)%[[^%]\n]*%]%+?=()", self.at)
    if name then self:bashism("arrays", self.at) end
  end
  if not name then return nil end
  local start = self.at
  self.at = stop
  if self:peek() == "(" then return { name = name, items = self:array(start), pos = start } end
  local word = self:word() or { pos = stop, value = "", expansions = {}, source = "" }
  return { name = name, word = word, pos = start }
end

-- The body of a function; self.at is behind its name.
function Reader:function_body(command)
  self:lines()
  local body = self:command()
  if body.kind == "simple" then self.dash_only = self.dash_only or command.pos end
  command.kind, command.body = "function", body
  return command
end

-- Whether `()` follows; then moves over it.
function Reader:parentheses()
  self:blanks()
  local stop = self.text:match("^%([ \t]*%)()", self.at)
  if stop then self.at = stop end
  return stop ~= nil
end

-- The words that declare variables rather than being given them.
local DECLARES = { export = true, readonly = true, ["local"] = true, declare = true, typeset = true }

function Reader:simple(pos)
  local command = { kind = "simple", pos = pos, assigns = {}, words = {}, redirects = {} }
  while true do
    self:blanks()
    local first = command.words[1]
    local redirect = self:redirection()
    local assign = not redirect and (not first or DECLARES[first.value or ""]) and self:assignment()
    if redirect then table.insert(command.redirects, redirect)
    elseif assign then
      table.insert(command.assigns, assign)
    else
      local word = not self:operator() and self:word()
      if not word then break end
      table.insert(command.words, word)
      if #command.words == 1 and #command.assigns == 0 and self:parentheses() then
        command.name, command.words = word.source, {}
        if not word.source:find "^[%a_][%w_]*$" then self:bashism("a function called " .. word.source, pos, true) end
        return self:function_body(command)
      end
    end
  end
  if #command.words + #command.assigns + #command.redirects == 0 then self:unexpected() end
  return command
end

-- --- lists

function Reader:command()
  self:blanks()
  local pos, name, op = self.at, self:reserved(), self:operator()
  local command = { pos = pos, redirects = {} }
  self:deeper()
  if op == "(" then
    if self:peek(2) == "((" then
      self.at = pos + 2
      if self:arithmetic({ expansions = {} }, true, pos) then
        command.kind = "arithmetic"
        self:bashism("((", pos)
        self:shallower()
        return self:redirections(command)
      end
    end
    self.at = pos + 1
    command.kind, command.lists = "subshell", { self:body_until ")" }
    if self:peek() ~= ")" then self:fail("( is never closed", pos) end
    self.at = self.at + 1
  elseif name and compound[name] then
    self.at = pos + #name
    command = compound[name](self, command, pos)
  else
    if op and op ~= "<" and op ~= ">" and op ~= "&>" and op ~= "&>>" or name and MISPLACED[name] then self:unexpected() end
    command = self:simple(pos)
    self:shallower()
    return command
  end
  self:shallower()
  return self:redirections(command)
end

function Reader:pipeline()
  local pipeline = { commands = {}, pos = self.at }
  local name = self:reserved()
  while name == "!" or name == "time" do
    if pipeline.negated and name == "!" then self:bashism("! behind !", self.at, true) end
    pipeline.negated = pipeline.negated or name == "!"
    self.at = self.at + #name
    if name == "time" and self.text:find("^%s+%-p%s", self.at) then self.at = self.text:match("^%s+%-p()", self.at) end
    name = self:reserved()
  end
  if name == nil and self:operator() == "" and self.at > pipeline.pos then -- `time` or `!` alone
    if pipeline.negated then self:bashism("! alone", pipeline.pos, true) end
    return pipeline
  end
  repeat
    table.insert(pipeline.commands, self:command())
    local op = self:operator()
    local more = op == "|" or op == "|&"
    if more then
      if op == "|&" then self:bashism("|&", self.at, true) end
      self.at = self.at + #op
      self:lines()
    end
  until not more
  return pipeline
end

function Reader:statement()
  local statement = { pipelines = {}, ops = {}, pos = self.at }
  while true do
    table.insert(statement.pipelines, self:pipeline())
    local op = self:operator()
    if op ~= "&&" and op ~= "||" then return statement end
    table.insert(statement.ops, op)
    self.at = self.at + 2
    self:lines()
  end
end

-- list_until(…) -> the list up to one of these reserved words, ")" or the end, which stays where it is.
function Reader:list_until(...)
  local stops, list = {}, {}
  for i = 1, select("#", ...) do stops[(select(i, ...))] = true end
  self:lines()
  while self.at <= #self.text do
    local name, op = self:reserved(), self:operator()
    if name and stops[name] or op == ")" and stops[")"] then break end
    if op == ";;" or op == ";&" or op == ";;&" then break end
    local statement = self:statement()
    list[#list + 1] = statement
    op = self:operator()
    if op == ";" or op == "&" then
      statement.background = op == "&"
      self.at = self.at + 1
    elseif op ~= "\n" then break end
    self:lines()
  end
  return list
end

-- The whole text as a list.
function Reader:program()
  local list = self:list_until()
  if self.at <= #self.text then self:unexpected() end
  return list
end

-- parse(text) -> { list, bashisms, marks, dash_only } | nil, { message, pos }; nil when it is nested too deep to tell.
local function parse(text)
  local reader = words.reader_of(text)
  local ok, list = pcall(reader.program, reader)
  if ok then return { list = list, bashisms = reader.bashisms, marks = reader.marks, dash_only = reader.dash_only } end
  if type(list) ~= "table" then error(list, 0) end
  return nil, not list.deep and list or nil
end

return parse
