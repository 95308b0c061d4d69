-- Quantities: how they are written, and what they come to.
local quantity = {}

local SUFFIXES = { [""] = 1, n = 1e-9, u = 1e-6, m = 1e-3, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 2.0 ^ 10, Mi = 2.0 ^ 20, Gi = 2.0 ^ 30, Ti = 2.0 ^ 40, Pi = 2.0 ^ 50, Ei = 2.0 ^ 60 }

-- The number and suffix of a text, or nil: the exponent is part of the number.
local function split(text)
  local number, suffix = text:match "^%s*([+-]?%d*%.?%d*)(.-)%s*$"
  if number == "." then return 0, suffix end -- so say servers
  if not number or not number:find "%d" then return nil end
  if suffix:find "^[eE][+-]?%d+$" then return tonumber(number .. suffix), "" end
  return tonumber(number), suffix
end

-- value(v) -> the number that a quantity stands for, or nil when it is none.
function quantity.value(v)
  if type(v) == "number" then return v end
  if type(v) ~= "string" then return nil end
  local number, suffix = split(v)
  return number and SUFFIXES[suffix] and number * SUFFIXES[suffix] or nil
end

-- power(v) -> the exponent and the base (10 or 2) of a quantity that is one thousand, or 1024, so many times; nil when it is not. This is
-- what
-- tells a divisor such as 1Mi.
function quantity.power(v)
  local amount = quantity.value(v)
  if not amount then return nil end
  local binary = type(v) == "string" and v:find "i%s*$"
  local step = binary and 1024 or 1000
  for exponent = -1, 6 do
    if amount == step ^ exponent then return exponent, binary and 2 or 10 end
  end
end

-- The suffix that was probably meant.
local MEANT = { K = "k", KB = "k", kB = "k", Kb = "k", kb = "k", ki = "Ki", KI = "Ki", KiB = "Ki", MB = "M", Mb = "M", mb = "M", mi = "Mi",
  MI = "Mi",
  MiB = "Mi", GB = "G", Gb = "G", gb = "G", g = "G", gi = "Gi", GI = "Gi", GiB = "Gi", TB = "T", t = "T", ti = "Ti", TiB = "Ti", B = "" }

-- A question: what is wrong with it, or nil.
function quantity.problem(v)
  if type(v) ~= "string" or quantity.value(v) then return nil end
  return "must be a quantity: a number and one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei"
end

-- A question: the text that was probably meant, or nil.
function quantity.meant(v)
  if type(v) ~= "string" then return nil end
  local number, suffix = v:match "^%s*([+-]?%d*%.?%d*)%s*(%a*)%s*$"
  if not number or not number:find "%d" then return nil end
  if SUFFIXES[suffix] then return number .. suffix end
  return MEANT[suffix] and number .. MEANT[suffix] or nil
end

return quantity
