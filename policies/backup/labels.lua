-- Label selectors: selects(selector, labels) -> boolean. An empty selector selects everything.
local read = include "read.lua"

local function holds(values, v)
  for _, each in read.items(values) do
    if each == v then return true end
  end
  return false
end

local OPERATORS = {
  In = function(values, v) return v ~= nil and holds(values, v) end,
  NotIn = function(values, v) return v == nil or not holds(values, v) end,
  Exists = function(_, v) return v ~= nil end,
  DoesNotExist = function(_, v) return v == nil end,
}

return function(selector, labels)
  for key, v in pairs(read.map_at(selector, "matchLabels") or {}) do
    if read.at(labels, key) ~= v then return false end
  end
  for _, expression in read.items(read.at(selector, "matchExpressions")) do
    local operator = OPERATORS[read.text_at(expression, "operator") or ""]
    local v = read.at(labels, read.text_at(expression, "key") or "")
    if operator and not operator(read.at(expression, "values"), v) then return false end
  end
  return true
end
