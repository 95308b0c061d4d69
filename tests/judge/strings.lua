-- Strings that have what it takes to be written wrongly. The generator is our own and starts from a number, so that every
-- run makes the same ones on every machine.
local strings = {}

local Maker = {}
Maker.__index = Maker

-- maker(seed): makes the same strings for the same number.
function strings.maker(seed) return setmetatable({ state = seed * 2 + 1 }, Maker) end

-- below(n) -> 0 <= integer < n (xorshift; its low bits are as good as any for this)
function Maker:below(n)
  local x = self.state
  x = x ~ x << 13
  x = x ~ x >> 7
  x = x ~ x << 17
  self.state = x
  return (x >> 11) % n
end

function Maker:pick(list) return list[1 + self:below(#list)] end

-- Between `least` and `most` parts, each made by the function.
function Maker:join(least, most, part, between)
  local parts = {}
  for i = 1, least + self:below(most - least + 1) do parts[i] = part(self) end
  return table.concat(parts, between)
end

local WORDS = {
  "backup", "restore", "a", "B", "x-y", "a.b", "a_b", "/var/lib", "./x", "stash-host-path", "v1", "10m", "1Gi", "key", "über", "日本",
}

-- Words that some reader of YAML takes for more than text.
local TYPED = {
  "true", "True", "TRUE", "tRue", "false", "yes", "Yes", "YES", "no", "on", "off", "y", "Y", "n", "N", "null", "Null", "NULL", "nUll", "~",
  "", ".nan", ".NaN", ".inf", "-.inf", "+.Inf", "nan", "inf", "Infinity", "<<", "=", "<", "2001-12-14", "2001-12-14T21:59:43Z", "1:30",
  "12:30:45",
}

local NUMBERISH = {
  "0", "1", "7", "8", "9", "12", "-", "+", ".", "_", "e", "E", "x", "X", "o", "b", "0x", "0o", "0b", "e+", "e-", "f", ":", "00",
}

local SYNTAX = {
  "-", "- ", "?", "? ", ":", ": ", ",", "[", "]", "{", "}", "#", " #", "&", "*", "!", "!!", "|", ">", "'", '"', "%", "@", "`", "---", "...",
  "--- ", "|-", ">+", "!!str ", "&a ", "*a", "%YAML 1.2", "\\", "\\n", "${x}", "$(x)", "$", "{{ x }}", "a", "b: c", "http://x", "//", "=",
  "~", "<<: *a", "\t",
}

local SPACE = { " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", " \n", "\n ", "\n  ", "\t\n", "\n\t", "   " }

-- Controls, line ends, marks of all sorts, the ends of the ranges of UTF-8.
local RUNES = {
  0x00, 0x01, 0x07, 0x08, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9F, 0xA0, 0xAD, 0xE9, 0x300, 0x7FF, 0x800, 0x1680, 0x200B, 0x200D,
  0x200E, 0x2028, 0x2029, 0x202E, 0x20AC, 0x2424, 0x3000, 0xD7FF, 0xE000, 0xFDD0, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1F600,
  0x1FFFF, 0xE0001, 0x10FFFD, 0x10FFFF,
}

local STRAY = {
  "\x80", "\xBF", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE",
  "\xFF",
}

local LINES = {
  "a", "a b", "  indented", "\ttab", "trailing ", "trailing\t", "", "", " ", "   ", "# comment", "key: value", "- item", "---", "...",
  "\"quoted\"", "'", "\\", "set -eu", "echo \"${x:-y}\"", "é", "|", "%", "\u{1F600}", "-", "?", ":",
}

local function word(m) return m:pick(WORDS) end
local function syntax(m) return m:pick(SYNTAX) end
local function line(m) return m:pick(LINES) end
local function space(m) return m:pick(SPACE) end
local function rune(m)
  return utf8.char(m:below(4) == 0 and m:pick(RUNES) or m:below(3) == 0 and m:below(0xD800) or m:below(0x80))
end
local function byte(m) return string.char(m:below(256)) end
local function typed(m) return m:pick(TYPED) end
local function any(m) return m:pick { word, syntax, rune, space, typed }(m) end

local KINDS = {
  function(m) return m:join(1, 4, word, m:pick { "", " ", "-", "/", "." }) end,
  typed,
  function(m) return m:pick { "", " ", "-", "+", "." } .. m:pick(TYPED) .. m:pick { "", " ", ":", "\n", "." } end,
  function(m) return m:join(1, 6, function() return m:pick(NUMBERISH) end) end,
  function(m) return tostring(m:below(1 << 50) - (1 << 49)) end,
  function(m) return ("%.17g"):format((m:below(1 << 50) - (1 << 49)) * 2.0 ^ (m:below(200) - 100)) end,
  function(m) return m:join(1, 6, syntax) end,
  function(m) return m:join(0, 3, word, " ") .. syntax(m) .. m:join(0, 3, word, " ") end,
  function(m) return m:join(1, 8, rune) end,
  function(m) return utf8.char(m:pick(RUNES)) .. m:join(0, 2, word) .. utf8.char(m:pick(RUNES)) end,
  function(m) return m:join(0, 3, word) .. m:pick(STRAY) .. m:join(0, 3, any) end,
  function(m) return m:join(1, 6, byte) end,
  function(m) return m:join(1, 6, space) end,
  function(m) return m:join(1, 6, line, "\n") .. m:pick { "", "\n", "\n\n", "\n\n\n", " ", "\n ", "\t" } end,
  function(m) return m:pick { "\n", " ", "\n\n", "\t", "  " } .. m:join(1, 5, line, "\n") .. m:pick { "", "\n", "\n\n" } end,
  function(m) return m:join(1, 3, line, "\r\n") .. m:pick { "", "\r", "\r\n" } end,
  function(m) return m:join(1, 8, any) end,
}

-- What is long is rare, or there would be time for little else. The lengths stand around the limit of simple keys, 1024
-- characters, for what takes one, two and six of them.
local UNITS = { "k", "é", "\u{1F600}", "\"", "\\", "\1", "1", " ", "a b ", "\n", "x\n" }
local LENGTHS = { 40, 80, 128, 159, 160, 161, 169, 170, 171, 172, 175, 200, 341, 342, 510, 511, 512, 513, 1022, 1023, 1024, 1025, 3000 }
local LONG = {
  function(m) return m:pick(UNITS):rep(m:pick(LENGTHS)) end,
  function(m) return m:join(100, 400, any) end,
}

function Maker:string()
  if self:below(300) == 0 then return self:pick(LONG)(self) end
  return self:pick(KINDS)(self)
end

return strings
