-- The tables of cases, and what asking kubectl and asking ourselves have in common.
local load = require "engine.load"
local emit = require "engine.emit"
local value = require "base.value"
local shell = dofile "tests/lib/shell.lua"

local tables = { folder = "tests/judge/" }

-- What stands before each case: kubectl wants an object, and takes one of a kind that it does not know as it is.
function tables.head(name) return ("apiVersion: x/v1\nkind: X\nmetadata: {name: %s}\n"):format(name) end

local function escape(code)
  if code == "" then return "" end
  if code == "object" then return tables.head "x" end
  local count, part = code:match "^(%d+) times (.*)$"
  if count then return part:rep(tonumber(count)) end
  local byte = code:match "^byte (%x%x)$"
  if byte then return string.char(tonumber(byte, 16)) end
  return utf8.char(tonumber(code, 16))
end

-- A case as a table writes it -> its bytes.
local function expand(text)
  return (text:gsub("␤", "\n"):gsub("⟨(.-)⟩", escape))
end

-- "duplicate-key 4:1 3:1 -- why" -> { id, at, other }; "= JSON -- why" -> { value }
local function difference(text, name)
  local what, why = text:match "^(.-) %-%- (.+)$"
  if not why then error(name .. ": a difference needs a reason: " .. text) end
  local json = what:match "^= (.+)$"
  if json then return { value = assert(tables.read('{"is": ' .. json .. "}"))[1].is } end
  local id, at, other = what:match "^(%S+) ?(%S*) ?(%S*)$"
  return { id = id, at = at, other = other }
end

-- True when the line is one of `≠ ...`, which belongs to the case above it.
local function take_difference(cases, line)
  local text = line:match "^≠ (.*)$"
  if text then cases[#cases].ours = difference(text, cases[#cases].name) end
  return text ~= nil
end

local function add(cases, case)
  if cases[case.name] then error("the case stands there twice: " .. case.name) end
  cases[case.name] = true
  cases[#cases + 1] = case
end

-- scalars.txt and keys.txt have a case a line. A case has a body rather than a text when its object can be given any name.
local function line_cases(file, before, after)
  local cases = {}
  for line in shell.read(tables.folder .. file):gmatch "([^\n]*)\n" do
    if line ~= "" and not line:find "^# " and not take_difference(cases, line) then
      add(cases, { name = line, body = before .. expand(line) .. after })
    end
  end
  return cases
end

local function utf16(text, format)
  local units = { format:pack(0xFEFF) }
  for _, c in utf8.codes(text) do
    if c < 0x10000 then units[#units + 1] = format:pack(c)
    else units[#units + 1] = format:pack(0xD800 + (c - 0x10000 >> 10)) .. format:pack(0xDC00 + (c - 0x10000 & 0x3FF)) end
  end
  return table.concat(units)
end

local FORMS = {
  crlf = function(text) return (text:gsub("\n", "\r\n")) end,
  cr = function(text) return (text:gsub("\n", "\r")) end,
  open = function(text) return text:sub(1, -2) end, -- without the last line end
  ["utf-16le"] = function(text) return utf16(text, "<I2") end,
  ["utf-16be"] = function(text) return utf16(text, ">I2") end,
}

local function whole_documents()
  local cases = {}
  for line in shell.read(tables.folder .. "documents.txt"):gmatch "([^\n]*)\n" do
    local title = line:match "^=== (.+)$"
    if title then
      local name, form = title:match "^(.-) @([%w-]+)$"
      if form and not FORMS[form] then error("there is no form " .. form) end
      add(cases, { name = name or title, form = FORMS[form], lines = {} })
    elseif #cases > 0 and not take_difference(cases, line) then
      table.insert(cases[#cases].lines, line == "⟨object⟩" and line or line .. "\n")
    end
  end
  for _, case in ipairs(cases) do
    case.text = expand(table.concat(case.lines))
    if case.form then case.text = case.form(case.text) end
  end
  return cases
end

tables.all = {
  { name = "scalars", cases = function() return line_cases("scalars.txt", "v: ", "\n") end },
  { name = "keys", cases = function() return line_cases("keys.txt", "v:\n  ", ": 1\n") end },
  { name = "documents", cases = whole_documents },
}

-- text(case [, name]) -> what is asked
function tables.text(case, name) return case.text or tables.head(name or "x") .. case.body end

-- read(text) -> its documents without empty ones | nil, problem
function tables.read(text)
  local source, problem = load.source(text)
  if not source then return nil, problem end
  local reader, documents = assert(load.reader(source)), value.list {}
  while true do
    local v, why = load.next(reader)
    if v == nil and type(why) == "table" then return nil, why end
    if v == nil then return documents end
    if v ~= value.null then documents[#documents + 1] = v end
  end
end

-- same(a, b) -> equal in type and value, all the way down: 1 is not 1.0, and an empty list no empty map.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
  if value.is_list(a) ~= value.is_list(b) then return false end
  for k, v in pairs(a) do
    if b[k] == nil or not same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end
tables.same = same

local emitter = emit.new { "case" }

function tables.show(v) return (assert(emitter:json(v))) end

-- Adds a text for the value to the parts, another one for another value. Returns the parts, and how deep the value is.
local function spell(v, parts)
  if type(v) ~= "table" then
    parts[#parts + 1] = math.type(v) == "float" and ("%a"):format(v) or v == value.null and "null" or ("%q"):format(v)
    return parts, 0
  end
  local list, depth = value.is_list(v), 0
  parts[#parts + 1] = list and "[" or "{"
  for _, key in ipairs(list and {} or value.keys(v)) do
    parts[#parts + 1] = ("%q:"):format(key)
    depth = math.max(depth, (select(2, spell(v[key], parts))))
  end
  for _, item in ipairs(list and v or {}) do depth = math.max(depth, (select(2, spell(item, parts)))) end
  parts[#parts + 1] = "."
  return parts, depth + 1
end

-- What is spelled in more bytes than this, or is as deep, is kept as the number of bytes and a hash.
local LONG, DEEP = 2048, 50

local function fnv(text)
  local hash = 0xcbf29ce484222325
  for at = 1, #text, 4096 do
    for _, byte in ipairs { text:byte(at, at + 4095) } do hash = (hash ~ byte) * 0x100000001b3 end
  end
  return ("%016x"):format(hash)
end

local HEAD = table.concat(spell({ apiVersion = "x/v1", kind = "X", metadata = { name = "x" } }, {}))

-- What the documents that came of a case are kept as: the field `v` where it is all that the case asks for.
function tables.answer(documents)
  local is, rest = documents, documents[1]
  if #documents == 1 and type(rest) == "table" and rest.v ~= nil then
    local v = rest.v
    rest.v = nil
    if table.concat(spell(rest, {})) == HEAD then is = v end
    rest.v = v
  end
  local parts, depth = spell(is, {})
  local spelled = table.concat(parts, " ")
  if #spelled > LONG or depth > DEEP then return { bytes = #spelled, hash = fnv(spelled) } end
  return is
end

function tables.answers_file(name) return ("%sanswers/%s.json"):format(tables.folder, name) end

-- answers(name) -> the recorded answers of a table by the case's name: { is = value }, { refused = kubectl's message }, or
-- { unread = why } where kubectl printed something that is beyond our own limits
function tables.answers(name)
  local path = tables.answers_file(name)
  local answers = {}
  for line in (shell.exists(path) and shell.read(path) or ""):gmatch "[^\n]+" do
    local answer = assert(tables.read(line))[1]
    answers[answer.case] = answer
  end
  return answers
end

return tables
