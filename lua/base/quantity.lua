-- Quantities of Kubernetes, such as 512Mi or 100m, as amounts that can be compared.
local SUFFIXES = { [""] = 1, n = 1e-9, u = 1e-6, m = 1e-3, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30, Ti = 2 ^ 40, Pi = 2 ^ 50, Ei = 2 ^ 60 }

local quantity = {}

-- amount(text or number) -> its amount | nil when it is no quantity
function quantity.amount(v)
  if type(v) == "number" then return v end
  if type(v) ~= "string" then return nil end
  local number, suffix = v:match "^([+-]?%d*%.?%d*)(%a*)$"
  if number and SUFFIXES[suffix] then
    number = tonumber((number:gsub("^%+", "")))
    return number and number * SUFFIXES[suffix]
  end
  return v:find "^[+-]?%d*%.?%d*[eE][+-]?%d+$" and tonumber((v:gsub("^%+", ""))) or nil
end

return quantity
