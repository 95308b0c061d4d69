-- Which lines of a script hold code, so that those which no test ran can be told from comments.
--
-- Lua itself says so in what it makes of a script: for each instruction of each function there is the line that it is from. host.dump
-- gives that as Lua 5.4 writes it (the layout is that of its lundump.c).
local host = require "engine.host"

local HEADER = 4 + 1 + 1 + 6 + 3 + 8 + 8 -- bytes: signature, version, format, data, sizes of numbers, two numbers
local ABSOLUTE = -128                    -- in the list of differences: the line is in the other list
local TAILCALL, VARARGPREP = 69, 81
local RETURNS = { [70] = true, [71] = true, [72] = true }

local Dump = {}
Dump.__index = Dump

function Dump:byte()
  self.at = self.at + 1
  return self.bytes:byte(self.at - 1)
end

-- A number in groups of seven bits, the last of which is marked.
function Dump:number()
  local n = 0
  while true do
    local byte = self:byte()
    n = n << 7 | byte & 0x7f
    if byte & 0x80 ~= 0 then return n end
  end
end

function Dump:skip(count) self.at = self.at + count end

function Dump:skip_string()
  local size = self:number()
  if size > 0 then self:skip(size - 1) end
end

-- Calls the function for each item of a list that has its length before it.
function Dump:each(f)
  for i = 1, self:number() do f(i) end
end

local SIZES = { [3] = 8, [19] = 8 } -- of constants that are integers and floats
local STRINGS = { [4] = true, [20] = true }

function Dump:skip_constant()
  local kind = self:byte()
  if STRINGS[kind] then self:skip_string() else self:skip(SIZES[kind] or 0) end
end

-- The lines of a function's instructions, from the differences between one and the next.
function Dump:lines(first_line)
  local differences, known, lines = {}, {}, {}
  self:each(function(i) differences[i] = string.unpack("b", self.bytes, self.at) self:skip(1) end)
  self:each(function()
    local instruction = self:number()
    known[instruction + 1] = self:number()
  end)
  local line = first_line
  for i, difference in ipairs(differences) do
    line = difference == ABSOLUTE and known[i] or line + difference
    lines[i] = line
  end
  return lines
end

-- Reads a function and those within it; their lines become keys of `found`.
function Dump:read_function(found)
  self:skip_string()
  local first_line = self:number()
  self:number()
  self:skip(3)
  local operations = {}
  self:each(function(i)
    operations[i] = string.unpack("<I4", self.bytes, self.at) & 0x7f
    self:skip(4)
  end)
  self:each(function() self:skip_constant() end)
  self:each(function() self:skip(3) end)
  self:each(function() self:read_function(found) end)
  local lines = self:lines(first_line)
  for i, operation in ipairs(operations) do
    -- the return that each function ends with, and the one behind a tail call, may be out of reach
    local idle = RETURNS[operation] and (i == #operations or operations[i - 1] == TAILCALL)
    if operation ~= VARARGPREP and not idle then found[lines[i]] = true end
  end
  self:each(function() self:skip_string() self:number() self:number() end)
  self:each(function() self:skip_string() end)
end

-- code_lines(function) -> the numbers of its lines with code, as keys
return function(chunk)
  local dump = setmetatable({ bytes = host.dump(chunk), at = HEADER + 1 }, Dump)
  dump:byte() -- how many upvalues
  local found = {}
  dump:read_function(found)
  return found
end
