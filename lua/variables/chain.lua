-- Where a variable's value comes from. Strongest first:
--
--   1  --set
--   2  providers with override = true, in the order of their declaration
--   3  ADDON_IMAGE, while a Function is substituted: its own image
--   4  task parameters: --param, then the invoker's
--   5  the built-in provider: Stash's own variables
--   6  the step's own params, while its Function is substituted
--   7  the other providers, in the order of their declaration
--   (8 the default in the text itself)
--
-- Answers are kept for the target, so a provider is asked once a name.
local diag = require "base.diag"
local sandbox = require "scripts.sandbox"
local value = require "base.value"

local Chain = {}
Chain.__index = Chain

local function answers(provider, name)
  if provider.exact[name] then return true end
  for _, pattern in ipairs(provider.patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Asks one provider. A string, number or boolean is an answer, nil is none; the rest is the script's mistake.
local function ask(provider, name, context)
  local what = ("provider %s, asked for %s"):format(provider.name, name)
  local ok, answer = sandbox.run({ what = what, file = provider.file }, provider.resolve, name, context)
  if not ok then diag.raise(answer) end
  local kind = math.type(answer) or type(answer)
  if kind == "integer" or kind == "boolean" then return tostring(answer) end
  if answer == nil or kind == "string" then return answer end
  diag.raise { rule = "script", message = ("provider %s answered %s with a %s, not a string"):format(provider.name, name, kind),
    place = { file = provider.file }, within = what }
end

-- The first answer of the providers for which `wanted` holds.
local function ask_all(self, name, wanted)
  for _, provider in ipairs(self.providers) do
    if wanted(provider) and answers(provider, name) then
      local answer = ask(provider, name, self.context)
      if answer ~= nil then return answer end
    end
  end
end

local function overrides(provider) return provider.override end
local function is_builtin(provider) return provider.builtin and not provider.override end
local function is_site(provider) return not provider.builtin and not provider.override end

-- Asks a source once a name and keeps the answer; false stands for "none".
local function kept(self, source, name, find)
  local answers_of = self.answers[source]
  local answer = answers_of[name]
  if answer == nil then
    answer = find()
    answers_of[name] = answer == nil and false or answer
  end
  return answer or nil
end

-- lookup(name [, step]) -> value | nil. `step` is { image, params = name -> value } while a Function is substituted; { only =
-- name -> value } where nothing else counts. Raises a diagnostic when a provider fails.
function Chain:lookup(name, step)
  if step and step.only then return step.only[name] end
  local found = self.set[name]
  if found then return found end
  found = kept(self, "override", name, function() return ask_all(self, name, overrides) end)
  if found then return found end
  if step and step.image and name == "ADDON_IMAGE" then return step.image end
  found = self.params[name]
  if found then return found end
  found = kept(self, "builtin", name, function() return ask_all(self, name, is_builtin) end)
  if found then return found end
  if step and step.params[name] then return step.params[name] end
  return kept(self, "site", name, function() return ask_all(self, name, is_site) end)
end

-- Names that have a value here, for near misses. What a provider with globs might answer is not known.
function Chain:names(step)
  local names, seen = {}, {}
  if step and step.only then return value.keys(step.only) end
  local function add(name)
    if seen[name] then return end
    seen[name] = true
    local ok, found = diag.catch(self.lookup, self, name, step)
    if ok and found then names[#names + 1] = name end
  end
  for name in pairs(self.set) do add(name) end
  for name in pairs(self.params) do add(name) end
  for name in pairs(step and step.params or {}) do add(name) end
  for _, provider in ipairs(self.providers) do
    for name in pairs(provider.exact) do add(name) end
  end
  table.sort(names)
  return names
end

-- chain{ set, params, providers, context }
return function(settings)
  settings.answers = { override = {}, builtin = {}, site = {} }
  return setmetatable(settings, Chain)
end
