-- Compound commands: what begins with a reserved word. compound[word](reader, command, pos) reads one whose first word stands before
-- the reader and fills the command, which has no kind yet.
local words = include "words.lua"
local Reader = words.Reader

local compound = {}

-- What stands up to one of these reserved words; it must hold a command.
function Reader:body_until(...)
  local list = self:list_until(...)
  if #list == 0 then self:unexpected() end
  return list
end

function Reader:do_group(command, opener, pos)
  self:close("do", opener, pos)
  table.insert(command.lists, self:body_until "done")
  self:close("done", opener, pos)
  return command
end

compound["{"] = function(self, command, pos)
  command.kind, command.lists = "group", { self:body_until "}" }
  self:close("}", "{", pos)
  return command
end

local function loop(kind)
  return function(self, command, pos)
    command.kind, command.lists = kind, { self:body_until "do" }
    return self:do_group(command, kind, pos)
  end
end
compound["while"], compound["until"] = loop "while", loop "until"

compound["if"] = function(self, command, pos)
  command.kind, command.lists = "if", {}
  repeat
    table.insert(command.lists, self:body_until "then")
    self:close("then", "if", pos)
    table.insert(command.lists, self:body_until("elif", "else", "fi"))
    local more = self:reserved() == "elif"
    if more then self.at = self.at + #"elif" end
  until not more
  command.conditions = #command.lists // 2
  if self:reserved() == "else" then
    self.at = self.at + #"else"
    table.insert(command.lists, self:body_until "fi")
  end
  self:close("fi", "if", pos)
  return command
end

-- for (( … ; … ; … ))
local function counting_loop(self, command, pos)
  self:bashism("for ((", pos, true)
  self.at = self.at + 2
  if not self:arithmetic({ expansions = {} }, true, pos) then self:fail("for (( is never closed", pos) end
  self:blanks()
  if self:peek() == ";" then self.at = self.at + 1 end
  self:lines()
  if self:reserved() == "{" then
    self.at = self.at + 1
    command.lists[1] = self:body_until "}"
    self:close("}", "{", pos)
    return command
  end
  return self:do_group(command, "for", pos)
end

local function for_loop(self, command, pos)
  command.lists, command.words = {}, {}
  self:blanks()
  if command.kind == "for" and self:peek(2) == "((" then return counting_loop(self, command, pos) end
  local name = self:word()
  if not name or not name.source:find "^[%a_][%w_]*$" then self:fail("for needs the name of a variable", pos) end
  command.name = name.source
  self:lines()
  if self:reserved() == "in" then
    self.at = self.at + #"in"
    command.has_list = true
    self:blanks()
    local word = not self:operator() and self:word()
    while word do
      table.insert(command.words, word)
      word = not self:operator() and self:word()
    end
    if self:peek() ~= ";" and self:peek() ~= "\n" then self:unexpected() end
    if self:peek() == ";" then self.at = self.at + 1 end
  elseif self:peek() == ";" then self.at = self.at + 1 end
  return self:do_group(command, command.kind, pos)
end

compound["for"] = function(self, command, pos)
  command.kind = "for"
  return for_loop(self, command, pos)
end
compound["select"] = function(self, command, pos)
  command.kind = "select"
  self:bashism("select", pos, true)
  return for_loop(self, command, pos)
end

-- The patterns of a case's item, up to the parenthesis behind them.
local function patterns(self, command)
  if self:operator() == "(" then self.at = self.at + 1 end
  repeat
    self:blanks()
    local word = self:word()
    if not word then self:unexpected() end
    table.insert(command.patterns, word)
    local op = self:operator()
    if op == "|" then self.at = self.at + 1
    elseif op ~= ")" then self:unexpected() end
  until op == ")"
  self.at = self.at + 1
end

compound["case"] = function(self, command, pos)
  command.kind, command.lists, command.patterns = "case", {}, {}
  self:blanks()
  command.word = self:word()
  if not command.word then self:unexpected() end
  self:close("in", "case", pos)
  self:lines()
  while self:reserved() ~= "esac" do
    if self.at > #self.text then self:fail("case has no esac", pos) end
    patterns(self, command)
    table.insert(command.lists, self:list_until "esac")
    local op = self:operator()
    if op == ";&" or op == ";;&" then self:bashism(op, self.at, true) end
    if op == ";;" or op == ";&" or op == ";;&" then self.at = self.at + #op
    elseif self:reserved() ~= "esac" then
      if op == "" then self:fail("case has no esac", pos) end
      self:unexpected()
    end
    self:lines()
  end
  self.at = self.at + #"esac"
  return command
end

compound["function"] = function(self, command, pos)
  self:bashism("function", pos, true)
  self:blanks()
  local name = self:word()
  if not name then self:unexpected() end
  command.name = name.source
  self:parentheses()
  return self:function_body(command)
end

-- [[ … ]]: words, parentheses and operators up to the closing word
compound["[["] = function(self, command, pos)
  command.kind, command.expansions = "condition", {}
  self:bashism("[[", pos)
  while true do
    self:lines()
    if self.at > #self.text then self:fail("[[ has no ]]", pos) end
    local word = self:word()
    if not word then
      if self:peek():find "[()]" then self:bashism("parentheses in [[", self.at, true) end
      self.at = self.at + 1
    elseif word.source == "]]" then return command
    else
      for _, expansion in ipairs(word.expansions) do table.insert(command.expansions, expansion) end
    end
  end
end

return compound
