-- Quantities of Kubernetes, such as 500m, 1.5Gi or 2e3, as numbers that can be compared.

-- What one unit is worth: a factor, or a divisor, which is exact where a small factor is not.
local FACTORS = { [""] = 1, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30, Ti = 2 ^ 40, Pi = 2 ^ 50, Ei = 2 ^ 60 }
local DIVISORS = { m = 1e3, u = 1e6, n = 1e9 }

-- quantity(number or text) -> number, or nil for what is no quantity
return function(v)
  if type(v) == "number" then return v end
  local digits, suffix = tostring(v):match "^([+-]?[%d.]+)(.*)$"
  local number = digits and tonumber(digits)
  if not number then return nil end
  if suffix:find "^[eE][+-]?%d+$" then return tonumber(digits .. suffix) end
  if DIVISORS[suffix] then return number / DIVISORS[suffix] end
  return FACTORS[suffix] and number * FACTORS[suffix]
end
