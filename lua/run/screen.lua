-- Lines at the bottom of a terminal that are drawn over in place, and text that scrolls away above them.
--
--   local shown = screen.open()           nil where standard error is no terminal that can be drawn on
--   shown:draw { { text = …, state = a word of it that is coloured, at = the bytes before it }, … }
--   shown:above(text)                     prints whole lines; the drawn ones are below them afterwards
--   shown:columns()                       of the terminal, for now
--   shown:leave()                         what is drawn stays
--
-- Lines are clipped to the width, which may change at any time. Where there are more than the terminal has rows, those around the first
-- that has not ended are shown. It is drawn at most ten times a second, unless a state changed.
local engine = require "engine.http"
local host = require "engine.host"

local screen = {}

local Screen = {}
Screen.__index = Screen

local EVERY = 100 -- milliseconds between drawings
local IDLE = 1000 -- and when only times go on

local COLOURS = { running = "\27[36m", done = "\27[32m", failed = "\27[1;31m", skipped = "\27[2m", waiting = "\27[2m" }
local ENDED = { done = true, failed = true, skipped = true }

-- Columns that a character takes: two, where it may be two, so that a line is rather too short than too long.
local function columns_of(code)
  if code < 0x1100 or code >= 0x1E00 and code < 0x2300 or code >= 0x2500 and code < 0x2600 then return 1 end
  return 2
end

-- width(text) -> columns that UTF-8 takes at most
function screen.width(text)
  local columns = 0
  for _, code in utf8.codes(text) do columns = columns + columns_of(code) end
  return columns
end

-- padded(text, columns) -> the text with blanks behind it
function screen.padded(text, columns) return text .. (" "):rep(columns - screen.width(text)) end

-- clipped(text, columns) -> as much of it as fits, with … where something is missing
function screen.clipped(text, columns)
  if #text <= columns then return text end
  local taken, fits = 0, 0 -- columns; the byte up to which it fits with … behind it
  for at, code in utf8.codes(text) do
    if taken < columns then fits = at - 1 end
    taken = taken + columns_of(code)
    if taken > columns then return columns > 0 and text:sub(1, fits) .. "…" or "" end
  end
  return text
end

-- The lines that there is room for.
local function window(lines, rows)
  if #lines <= rows then return lines end
  local first = 1
  while first < #lines and ENDED[lines[first].state] do first = first + 1 end
  local from = math.max(1, math.min(first - 1, #lines - rows + 1))
  return table.move(lines, from, from + rows - 1, 1, {})
end

-- Takes the terminal's cursor to where the drawn lines begin. Lines that were wider than the terminal is now take several rows.
local function up(self, columns)
  local rows = 0
  for _, width in ipairs(self.drawn) do rows = rows + math.max(1, (width + columns - 1) // columns) end
  return rows > 0 and ("\27[%dA\r\27[J"):format(rows) or "\r"
end

local function coloured(self, line, text)
  local from, to = line.at + 1, line.at + #line.state
  if not self.colours or #text < to then return text end
  return text:sub(1, from - 1) .. COLOURS[line.state] .. text:sub(from, to) .. "\27[0m" .. text:sub(to + 1)
end

-- draw(lines)
function Screen:draw(lines)
  local columns, rows = self.size()
  local out, drawn = { up(self, columns) }, {}
  self.lines = lines
  for i, line in ipairs(window(lines, math.max(1, rows - 1))) do
    local text = screen.clipped(line.text, columns - 1)
    drawn[i] = screen.width(text)
    out[#out + 1] = coloured(self, line, text) .. "\n"
  end
  self.write(table.concat(out))
  self.drawn, self.dirty, self.last = drawn, false, self.clock()
end

-- hide(): takes the lines away, for something else to be printed; the next drawing brings them back.
function Screen:hide()
  if self.drawn[1] then self.write(up(self, (self.size()))) end
  self.drawn = {}
end

-- above(text)
function Screen:above(text)
  self:hide()
  self.write(text)
  self:draw(self.lines)
end

-- changed(): it is to be drawn again, though not at once.
function Screen:changed() self.dirty = true end

-- due() -> true when it is time to draw
function Screen:due() return self.clock() - self.last >= (self.dirty and EVERY or IDLE) end

function Screen:columns() return (self.size()) end

-- leave(): nothing is drawn over any more.
function Screen:leave() self.drawn = {} end

-- open([for tests: { size = function() -> columns, rows; write = function(text), clock = function() -> milliseconds }]) -> screen | nil
function screen.open(as)
  if not as and not host.terminal(2) then return nil end
  local function size()
    local columns, rows = host.terminal(2)
    return columns or 80, rows or 24 -- it went away
  end
  as = as or { size = size, write = host.message, clock = engine.now, colours = host.coloured(2) }
  return setmetatable({ size = as.size, write = as.write, clock = as.clock, colours = as.colours, drawn = {}, lines = {}, last = as.clock(),
    dirty = false }, Screen)
end

return screen
