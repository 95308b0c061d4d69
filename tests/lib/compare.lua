-- Documents against documents, by the rules of the conformance cases: the order of keys is free and that of lists is not; a key
-- that is absent equals one that is null, "", {} or [], except emptyDir; quantities compare by amount.
local load = require "engine.load"
local value = require "base.value"

local compare = {}

-- The documents of a text, without empty ones.
function compare.parse(text, name)
  local source = assert(load.source(text))
  local reader = assert(load.reader(source))
  local documents = {}
  while true do
    local v, problem = load.next(reader)
    if v == nil then
      if problem then error(("%s: %s:%s: %s"):format(name, problem.line, problem.column, problem.message)) end
      return documents
    end
    if v ~= value.null then documents[#documents + 1] = v end
  end
end

local SUFFIX = { [""] = 1, n = 1e-9, u = 1e-6, m = 1e-3, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30, Ti = 2 ^ 40, Pi = 2 ^ 50, Ei = 2 ^ 60 }

local function amount(v)
  if type(v) == "number" then return v end
  local number, suffix = tostring(v):match "^([%d.+-]+[eE]?[+-]?%d*)(%a*)$"
  if not number then number, suffix = tostring(v):match "^([%d.+-]+)(%a*)$" end
  return number and tonumber(number) and SUFFIX[suffix] and tonumber(number) * SUFFIX[suffix] or v
end

local QUANTITY = { sizeLimit = true, storage = true, divisor = true }
local HOLDS_QUANTITIES = { limits = true, requests = true }

local function is_absent(key, v)
  if key == "emptyDir" and v ~= nil and v ~= value.null then return false end
  if key == "divisor" and (amount(v) == 0) then return true end
  return value.is_empty(v)
end

local function show(v)
  if type(v) == "string" then return ("%q"):format(v) end
  return value.describe(v)
end

local differ

local function differ_maps(a, b, path, quantities)
  local keys = {}
  for k in pairs(a) do keys[k] = true end
  for k in pairs(b) do keys[k] = true end
  for _, k in ipairs(value.keys(keys)) do
    local x, y = a[k], b[k]
    if not (is_absent(k, x) and is_absent(k, y)) then
      local why = differ(x, y, path .. "." .. k, quantities or QUANTITY[k], HOLDS_QUANTITIES[k])
      if why then return why end
    end
  end
end

function differ(a, b, path, is_quantity, holds_quantities)
  if is_quantity and amount(a) == amount(b) then return nil end
  if type(a) ~= "table" or type(b) ~= "table" then
    if math.type(a) == math.type(b) and a == b then return nil end
    return ("%s: got %s, want %s"):format(path, a == nil and "nothing" or show(a), b == nil and "nothing" or show(b))
  end
  if value.is_list(a) or value.is_list(b) then
    for i = 1, math.max(#a, #b) do
      local why = differ(a[i], b[i], ("%s[%d]"):format(path, i - 1))
      if why then return why end
    end
    return nil
  end
  return differ_maps(a, b, path, holds_quantities)
end

local function identity(document)
  local metadata = document.metadata or {}
  return ("%s %s/%s"):format(document.kind, metadata.namespace or "", metadata.name)
end

-- documents(got, want) -> nil | the first difference, in words
function compare.documents(got, want)
  local by_identity = {}
  for _, document in ipairs(got) do
    if by_identity[identity(document)] then return "written twice: " .. identity(document) end
    by_identity[identity(document)] = document
  end
  for _, document in ipairs(want) do
    local id = identity(document)
    if not by_identity[id] then return "missing: " .. id end
    local why = differ(by_identity[id], document, id)
    if why then return why end
    by_identity[id] = nil
  end
  local extra = next(by_identity)
  return extra and "not expected: " .. extra
end

return compare
