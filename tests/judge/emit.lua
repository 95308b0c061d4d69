-- What we write is what we read, and what kubectl reads. Usage:
--   moonstep-lua tests/judge/emit.lua            many strings, written and read back by ourselves
--   moonstep-lua tests/judge/emit.lua kubectl    a few thousand, read by kubectl
local emit = require "engine.emit"
local value = require "base.value"
local tables = dofile "tests/judge/tables.lua"
local strings = dofile "tests/judge/strings.lua"

local STRINGS, TO_KUBECTL, AT_ONCE = 120000, 4000, 100
local emitter = emit.new { "apiVersion", "kind", "metadata" }

-- The string as it must be read back: each stray byte has become U+FFFD.
local function clean(text)
  if utf8.len(text) then return text end
  local parts, at = {}, 1
  while at <= #text do
    local _, stray = utf8.len(text, at)
    parts[#parts + 1] = text:sub(at, (stray or #text + 1) - 1)
    if stray then parts[#parts + 1] = "\u{FFFD}" end
    at = (stray or #text) + 1
  end
  return table.concat(parts)
end

-- Values that hold the string in several places and at several depths; each is called again with what must be read back.
local SHAPES = {
  function(s) return { v = s } end,
  function(s) return { v = value.list { s, s } } end,
  function(s) return { [s] = s } end,
  function(s) return { a = { b = { [s] = value.list { s } } } } end,
  function(s)
    return { a = value.list { { [s] = s, z = s }, value.list { s, value.list { s } }, { y = { [s] = value.list { { [s] = "" } } } } } }
  end,
  function(s) return value.list { s, { v = s } } end,
  function(s) return s end,
}
local HAS_KEYS = { false, false, true, true, true, false, false }

local FORMS = {
  { name = "YAML", write = function(v) return emitter:yaml(v) end },
  { name = "JSON", write = function(v) return emitter:json(v) end },
  { name = "JSON over lines", write = function(v) return emitter:json(v, 2) end },
}

local function show(bytes) return ("%q"):format(bytes) end

-- The only document of a text | nil, why
local function read_one(text)
  local got, problem = tables.read(text)
  if not got then return nil, problem.message end
  if #got ~= 1 then return nil, "is not one document" end
  return got[1]
end

-- Calls bad(item, why, text) for each of a row of items that is read back as something else. They are written as one
-- document, a list; when it cannot be read at all, each half is written. A row of one is written without the list.
local function misread(form, items, first, last, bad)
  if last < first then return end
  local values = value.list {}
  for i = first, last do values[#values + 1] = items[i].v end
  local text = form.write(first < last and values or values[1])
  local got, why = read_one(text)
  if got ~= nil and first == last then got = { got } end
  if got == nil and first < last then
    local middle = (first + last) // 2
    misread(form, items, first, middle, bad)
    misread(form, items, middle + 1, last, bad)
    return
  end
  for i = first, last do
    if got == nil or not tables.same(got[1 + i - first], items[i].want) then bad(items[i], why or "is read as something else", text) end
  end
end

local function by_ourselves()
  local maker, made, failed = strings.maker(20240901), 0, 0
  while made < STRINGS do
    local items, json, wrong = {}, {}, {}
    for i = 1, maker:below(10) == 0 and 1 or AT_ONCE do
      local s, kind = maker:string(), 1 + maker:below(#SHAPES)
      items[i] = { text = s, v = SHAPES[kind](s), want = SHAPES[kind](clean(s)) }
      -- jansson takes no NUL in a key; Kubernetes has none there, and YAML is not so limited
      if not (HAS_KEYS[kind] and s:find "\0") then json[#json + 1] = items[i] end
    end
    for _, form in ipairs(FORMS) do
      local row = form.name == "YAML" and items or json
      misread(form, row, 1, #row, function(item, why, text)
        if not wrong[item] then failed = failed + 1 end
        wrong[item] = true
        if failed <= 20 then print(("not ok %s: as %s it %s\n%s"):format(show(item.text), form.name, why, text:sub(1, 1000))) end
      end)
    end
    made = made + #items
  end
  print(("emit: %d passed, %d failed"):format(made - failed, failed))
  return failed == 0 and made >= STRINGS
end

local function by_kubectl()
  local kubectl = dofile "tests/judge/kubectl.lua"
  if not kubectl.version() then
    print "emit: there is no kubectl to ask"
    return false
  end
  local maker, items, passed, failed = strings.maker(20240902), {}, 0, 0
  for i = 1, TO_KUBECTL do
    local s, kind = maker:string(), 1 + maker:below(#SHAPES)
    if HAS_KEYS[kind] and s:find "\0" then kind = 1 end -- kubectl can, but what it prints then is more than we can read
    items[i] = { text = s, shape = SHAPES[kind] }
  end
  local function text_of(item, name)
    return emitter:yaml { apiVersion = "x/v1", kind = "X", metadata = { name = name }, v = item.shape(item.text) }
  end
  kubectl.each(items, AT_ONCE, text_of, function(item, object, message)
    if object and tables.same(object.v, item.shape(clean(item.text))) then passed = passed + 1
    else
      failed = failed + 1
      local what = object and "reads " .. tables.show(object.v) or "says " .. message
      print(("not ok %s: kubectl %s\n%s"):format(show(item.text), what, text_of(item, "x")))
    end
  end)
  print(("emit: kubectl reads %d of %d as they were meant"):format(passed, passed + failed))
  return failed == 0 and passed == TO_KUBECTL
end

return (... == "kubectl" and by_kubectl or by_ourselves)()
