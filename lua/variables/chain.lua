-- Where a variable's value comes from. Strongest first:
--
--   1  --set
--   2  the variables of the row, in a batch
--   3  providers with override = true, in the order of their declaration
--   4  ADDON_IMAGE, while a Function is substituted: its own image
--   5  task parameters: the row's, --param, then the invoker's
--   6  the built-in provider: Stash's own variables
--   7  the step's own params, while its Function is substituted
--   8  the other providers, in the order of their declaration
--   (9 the default in the text itself)
--
-- Answers are kept for the target, so a provider is asked once a name.
local diag = require "base.diag"
local glob = require "base.glob"
local place = require "base.place"
local plan = require "engine.plan"
local running = require "scripts.running"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local value = require "base.value"

local LONGEST_ANSWER = 1 << 20 -- bytes; a whole object in etcd has less than 1.5 MiB

local Chain = {}
Chain.__index = Chain

local function answers(provider, name)
  if provider.exact[name] then return true end
  for _, pattern in ipairs(provider.patterns) do
    if glob.matches(pattern, name) then return true end
  end
  return false
end

-- Whether the provider says of the variable that it is secret.
local function is_secret(provider, name)
  for _, pattern in ipairs(provider.secret) do
    if glob.matches(pattern, name) then return true end
  end
  return false
end

-- Asks one provider. A string, number, boolean or secret is an answer, nil is none; the rest is the script's mistake.
local function ask(provider, name, context)
  local what = ("provider %s, asked for %s"):format(provider.name, name)
  local now = running.now
  local outer = now.asked
  now.asked = what
  local ok, answer = sandbox.run({ what = what, file = provider.file }, provider.resolve, name, context)
  now.asked = outer -- not reached where a limit ends also the template that asks
  if not ok then
    answer.within = answer.within or what
    if provider.embedded then answer.place = nil end -- what is wrong is in the user's files, not in our script
    diag.raise(answer)
  end
  if plan.is(answer) then return answer end
  if math.type(answer) == "integer" or type(answer) == "boolean" then answer = tostring(answer) end
  if type(answer) == "string" and is_secret(provider, name) then answer = secret.of(answer) end
  local kind = secret.is(answer) and "secret" or math.type(answer) or type(answer)
  local length = kind == "secret" and secret.length(answer) or kind == "string" and #answer or 0
  if length > LONGEST_ANSWER then
    diag.raise { rule = "script", place = { file = provider.file }, within = what,
      message = ("provider %s answered %s with %d bytes; at most 1 MiB are put in"):format(provider.name, name, length) }
  end
  if kind == "secret" then return secret.labelled(answer, ("%s (provider %s)"):format(name, provider.name)) end
  if answer == nil or kind == "string" then return answer end
  diag.raise { rule = "script", message = ("provider %s answered %s with a %s, not a string"):format(provider.name, name, kind),
    place = { file = provider.file }, within = what }
end

local function shallow_copy(original)
  local copy = {}
  for key, v in pairs(original) do copy[key] = v end
  return copy
end

-- While a plan is made (batch.plan), another one answers for the providers of a site.
local function new_answer(self, provider, name)
  if not answers(provider, name) then return nil end
  if self.stand_in and not provider.builtin then return self.stand_in(provider, name) end
  return ask(provider, name, self.context)
end

-- What a provider answers, asked once a name and target; nil when it has no answer. What it raises is raised whenever it is asked.
local function answer_of(self, provider, name)
  local kept = self.answers[provider]
  if not kept then
    kept = {}
    self.answers[provider] = kept
  end
  if kept[name] == nil then
    local ok, answer = diag.catch(new_answer, self, provider, name)
    kept[name] = ok and { answer = answer } or { failed = answer }
  end
  if kept[name].failed then diag.raise(shallow_copy(kept[name].failed)) end -- whoever tells of it adds where that was
  return kept[name].answer
end

-- ask(provider, name) -> what the provider answers, as `lookup` would learn it
function Chain:ask(provider, name) return answer_of(self, provider, name) end

local function group_of(provider) return provider.override and "override" or provider.builtin and "builtin" or "site" end

-- The first answer of a group's providers.
local function from_providers(group)
  return function(self, name)
    for _, provider in ipairs(self.providers) do
      local answer = group_of(provider) == group and answer_of(self, provider, name)
      if answer then return answer end
    end
  end
end

-- The sources in order. `find(chain, name, step)` gives the value or nil; `what` says in words what it is; `at(chain, name, step)` gives a
-- table and a key that know its place, or `place` that itself; a group of providers has one answer each.
local SOURCES = {
  { what = "--set", find = function(self, name) return self.set[name] end },
  { what = "the target's variables", find = function(self, name) return self.row.variables[name] end,
    place = function(self) return self.row.place end },
  { group = "override", find = from_providers "override" },
  { what = "the Function's own image", find = function(_, name, step) return name == "ADDON_IMAGE" and step and step.image or nil end },
  { what = "the target's params", find = function(self, name) return self.row.params[name] end,
    place = function(self) return self.row.place end },
  { what = "--param", find = function(self, name) return self.given[name] end },
  { what = "a task parameter", find = function(self, name) return self.params[name] end,
    at = function(self, name) return self.params, name end },
  { group = "builtin", find = from_providers "builtin" },
  { what = "a parameter of the step", find = function(_, name, step) return step and step.params[name] end,
    at = function(_, name, step) return step.params, name end },
  { group = "site", find = from_providers "site" },
}

-- lookup(name [, step]) -> value | nil. `step` is { image, params = name -> value } while a Function is substituted; { only =
-- name -> value } where nothing else counts. Raises a diagnostic when a provider fails.
function Chain:lookup(name, step)
  if step and step.only then return step.only[name] end
  for _, source in ipairs(SOURCES) do
    local found = source.find(self, name, step)
    if found then return found end
  end
end

-- Where a source has a value from, nil when nobody knows.
local function place_of(source, ...)
  if source.place then return source.place(...) end
  return source.at and place.of(source.at(...))
end

-- trace(name [, step]) -> every source that has a value for the name, strongest first: { value, what, place }. The first counts, the rest
-- are shadowed by it.
function Chain:trace(name, step)
  local found = {}
  local function add(v, what, at) if v then found[#found + 1] = { value = v, what = what, place = at } end end
  if step and step.only then
    add(step.only[name], "the replica's number")
    return found
  end
  for _, source in ipairs(SOURCES) do
    if source.group then
      for _, provider in ipairs(self.providers) do
        if group_of(provider) == source.group then
          add(answer_of(self, provider, name), "provider " .. provider.name, not provider.builtin and { file = provider.file } or nil)
        end
      end
    else
      local v = source.find(self, name, step)
      add(v, source.what, v and place_of(source, self, name, step))
    end
  end
  return found
end

-- source(name [, step]) -> where lookup's value comes from, as `trace` has it; nil when there is none. Nobody is asked whom lookup does
-- not ask.
function Chain:source(name, step)
  if step and step.only then return self:trace(name, step)[1] end
  for _, source in ipairs(SOURCES) do
    local found = source.find(self, name, step)
    if found and not source.group then
      return { value = found, what = source.what, place = source.at and place.of(source.at(self, name, step)) }
    end
    for _, provider in ipairs(found and self.providers or {}) do
      if group_of(provider) == source.group and answer_of(self, provider, name) then
        return { value = found, what = "provider " .. provider.name }
      end
    end
  end
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
  for name in pairs(self.row.variables) do add(name) end
  for name in pairs(self.row.params) do add(name) end
  for name in pairs(self.given) do add(name) end
  for name in pairs(self.params) do add(name) end
  for name in pairs(step and step.params or {}) do add(name) end
  for _, provider in ipairs(self.providers) do
    for name in pairs(provider.exact) do add(name) end
  end
  table.sort(names)
  return names
end

local NO_ROW = { variables = {}, params = {} }

-- chain{ set, row (of a batch, or nil), given (--param), params, providers, context [, stand_in = function(provider, name) -> answer] }
return function(settings)
  settings.answers, settings.row = {}, settings.row or NO_ROW
  return setmetatable(settings, Chain)
end
