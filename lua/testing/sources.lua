-- A file of tests as text: where in it an input stands, so that findings point at the line that their user wrote.
local files = require "engine.files"

local Sources = {}
Sources.__index = Sources

-- The text of a file of tests, with line ends as Lua reads them.
function Sources:text(file)
  if not self.texts[file] then self.texts[file] = (files.read(file) or ""):gsub("\r\n?", "\n") end
  return self.texts[file]
end

-- Where each line of the file starts.
function Sources:starts(file)
  local starts = self.lines[file]
  if starts then return starts end
  starts = { 1 }
  for at in self:text(file):gmatch "\n()" do starts[#starts + 1] = at end
  self.lines[file] = starts
  return starts
end

-- The number of the line that a position is in.
local function line_at(starts, position)
  local low, high = 1, #starts
  while low < high do
    local middle = (low + high + 1) // 2
    if starts[middle] <= position then low = middle else high = middle - 1 end
  end
  return low
end

-- line(test, text) -> the line, and the column in bytes, where the text stands in or behind the test's declaration; nil where it does not
function Sources:line(test, text)
  local starts = self:starts(test.file)
  local found = text ~= "" and self:text(test.file):find(text, starts[test.line] or 1, true)
  if not found then return nil end
  local line = line_at(starts, found)
  return line, found - starts[line] + 1
end

-- input(test) -> the input as { name, text }: behind as many empty lines as stand before it in the file, where it can be found there
function Sources:input(test)
  local text = test.declared.input
  local line = self:line(test, text)
  if not line then return { test.file .. " (input)", text } end
  return { test.file, ("\n"):rep(line - 1) .. text }
end

return function() return setmetatable({ texts = {}, lines = {} }, Sources) end
