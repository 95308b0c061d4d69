-- Values of documents: null, lists, copies.
local load = require "engine.load"
local plan = require "engine.plan"
local secret = require "engine.secret"
local view = require "engine.view"

local value = { null = load.null, list = load.list, is_list = load.is_list, pairs = view.pairs, keys = view.keys }

-- A deep copy of a table or view that keeps the places and marks of the original; null stays null.
function value.copy(original)
  original = view.shown(original)
  if type(original) ~= "table" then return original end
  local copy = {}
  for k, v in pairs(original) do copy[k] = value.copy(v) end
  load.copy_place(original, copy)
  return copy
end

-- What kind of value a user would say it is.
function value.describe(v)
  if v == value.null then return "null" end
  if type(v) == "table" then return value.is_list(v) and "a list" or "a map" end
  if math.type(v) == "integer" then return "the integer " .. v end
  if type(v) == "number" then return "the number " .. v end
  if type(v) == "boolean" then return "the boolean " .. tostring(v) end
  if secret.is(v) then return "a secret" end
  return "a string"
end

-- get(table, "spec", "target", "ref") -> the value below these keys, or nil where one is missing, null or no table.
function value.get(t, ...)
  for i = 1, select("#", ...) do
    if type(t) ~= "table" then return nil end
    t = t[(select(i, ...))]
  end
  if t == value.null then return nil end
  return t
end

-- True for nil, null, "" and an empty table: what a Go program calls the zero value of a field.
function value.is_empty(v)
  if plan.is(v) then -- while a plan is made: it holds for those targets where it is not
    plan.require_filled(v)
    return plan.text(v) == ""
  end
  return v == nil or v == value.null or v == "" or (type(v) == "table" and next(v) == nil)
end

return value
