-- The annotations for the Lua language server: every function says what it takes and returns, in types that can be read and that exist.
local suite = dofile "tests/lib/suite.lua"
local shell = dofile "tests/lib/shell.lua"
local reference = require "scripts.reference"

local BASE = { ["any"] = true, ["nil"] = true, boolean = true, string = true, number = true, integer = true, table = true,
  ["function"] = true, ["false"] = true, ["true"] = true }

-- Functions that return nothing.
local SILENT = { waive = true, ["log.info"] = true, ["log.warn"] = true }

-- A reader of types as the language server has them: a|b, a[], a?, (a), "text", {name: a}, fun(name: a): b, name<a, b>.
local Reader = {}
Reader.__index = Reader

function Reader:take(pattern)
  local from, to, word = self.text:find("^%s*(" .. pattern .. ")", self.at)
  if from then self.at = to + 1 end
  return word
end

function Reader:need(pattern)
  return self:take(pattern) or error(("%s: wanted %s at %q"):format(self.text, pattern, self.text:sub(self.at)), 0)
end

function Reader:parameters()
  while not self:take "%)" do
    self:need "[%w_%.]+%??"
    self:need ":"
    self:type()
    self:take ","
  end
end

function Reader:primary()
  if self:take "%(" then
    self:type()
    self:need "%)"
  elseif self:take "{" then
    while not self:take "}" do
      self:need "[%w_]+%??"
      self:need ":"
      self:type()
      self:take ","
    end
  elseif self:take '"[^"]*"' then return
  elseif self:take "fun%(" then
    self:parameters()
    if self:take ":" then
      repeat self:type() until not self:take ","
    end
  else
    local name = self:need "[%a_][%w_%.]*"
    if not BASE[name] and not self.declared[name] then error(("%s: there is no type %s"):format(self.text, name), 0) end
    if self:take "<" then
      repeat self:type() until not self:take ","
      self:need ">"
    end
  end
end

function Reader:type()
  repeat
    self:primary()
    while self:take "%[%]" or self:take "%?" do end
  until not self:take "|"
end

local function read(text, declared) return setmetatable({ text = text, at = 1, declared = declared }, Reader) end

local function lines_of(text) return text:gmatch "([^\n]*)\n" end

local function declared_types(text)
  local declared = {}
  for line in lines_of(text) do
    local name = line:match "^%-%-%-@class ([%w_%.]+)" or line:match "^%-%-%-@alias ([%w_%.]+)"
    if name then declared[name] = true end
  end
  return declared
end

-- Looks at each function: calls f(name, its parameters, annotated parameters, whether a return is annotated).
local function each_function(text, f)
  local params, returned, text_above = {}, false, false
  for line in lines_of(text) do
    local name, given = line:match "^function ([%w_%.:]+)%((.-)%) end$"
    if name then
      f(name, given, params, returned, text_above)
      params, returned, text_above = {}, false, false
    elseif line:find "^%-%-%-@param " then params[#params + 1] = line:match "^%-%-%-@param ([%w_%.]+)"
    elseif line:find "^%-%-%-@return " then returned = true
    elseif line:find "^%-%-%-[^@]" then text_above = true
    elseif line == "" then params, returned, text_above = {}, false, false end
  end
end

local text = reference.annotations()

return suite.run("annotations", {
  { "they are Lua", function()
    local path = os.tmpname()
    shell.write(path, text)
    dofile(path)
    os.remove(path)
  end },
  { "every function says what it takes and returns", function()
    local count = 0
    each_function(text, function(name, given, params, returned, described)
      count = count + 1
      suite.equal(table.concat(params, ", "), given, name)
      suite.equal(returned, not SILENT[name:gsub("^Context:", "")], name)
      assert(described, name)
    end)
    for _, f in ipairs(reference.functions) do count = count + (f.value and 1 or 0) end -- what is no function
    suite.equal(count, #reference.functions + #reference.methods + #reference.declarations)
  end },
  { "every type can be read, and exists", function()
    local declared, count = declared_types(text), 0
    for line in lines_of(text) do
      local tag, rest = line:match "^%-%-%-@(%a+) (.*)$"
      local of = rest and (tag == "field" or tag == "param" or tag == "alias") and rest:match "^[%w_%.]+%?? (.*)$"
        or (tag == "return" or tag == "type") and rest
      if of then
        count = count + 1
        local reader = read(of, declared)
        repeat reader:type() until not reader:take ","
        if tag == "return" then reader:take "%.%.%." end
        if tag ~= "field" then suite.equal(reader:take ".+", nil, line) end -- behind a field's type stands what it is
      end
    end
    assert(count > 80, count)
  end },
  { "the reader refuses what is no type", function()
    for _, wrong in ipairs { "", "fun(", "{a}", "strin", "table<string", "string|", "fun(a)", "(integer" } do
      local reader = read(wrong, {})
      assert(not pcall(reader.type, reader), wrong)
    end
  end },
})
