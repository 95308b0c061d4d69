-- What providers have in common that ask a server.
--
--   names(settings) -> the variables that `names` and `columns` give the provider, for its declaration; columns as keys
--   read(settings, name [, where]) -> the secret that the setting NAME_env or NAME_file names, nil where neither is given
--   options(settings, accepted) -> options of a request: certificates of the settings, the statuses that are answers
--   check(settings, provider) raises what is wrong with settings that all have
--   base(settings) -> the URL without a slash at its end
--   shown(url) -> the URL without values of its query, for messages
--   once(ctx, key, what, ask) -> what ask() returns, for as many variables as ask with the same key; `what` is the request in words,
--     ask returns a value that is not nil, and its size
--   alone(f) -> what f() returns; while it waits for a server, all targets wait
--   nothing(settings, what) -> nil: somebody else may have it; raises with `missing: error`
--   problem_of(answer) -> what the server says in the body of an error, in one line
local server = {}

-- --- settings

function server.names(settings)
  local names, own = {}, {}
  for _, name in ipairs(settings.names or {}) do names[#names + 1] = name end
  for name in pairs(settings.columns or {}) do names[#names + 1], own[name] = name, true end
  return names, own
end

function server.read(settings, name, where)
  where = where or ""
  local variable, file = settings[name .. "_env"], settings[name .. "_file"]
  if variable and file then error(("%s%s_env and %s_file exclude each other"):format(where, name, name), 0) end
  if variable then
    local found = env.get(variable)
    if not found then error(("the environment variable %s is not set, which %s%s_env names"):format(variable, where, name), 0) end
    return found
  end
  if not file then return nil end
  local text = files.read(file)
  if not text then error(("cannot read %s, which %s%s_file names: there is no such file"):format(file, where, name), 0) end
  text = text:match "^%s*(.-)%s*$"
  if text == "" then error(("%s is empty, which %s%s_file names"):format(file, where, name), 0) end
  return secret(text)
end

function server.options(settings, accepted)
  local options = { ca = settings.ca, accept_status = accepted, headers = {} }
  if settings.key and not settings.certificate then error("key is that of certificate, which is not given", 0) end
  if settings.certificate then options.auth = { certificate = settings.certificate, key = settings.key } end
  return options
end

function server.base(settings) return (settings.url:gsub("/+$", "")) end

local MISSING = { error = true, ignore = true }

-- Raises what is wrong with settings that are alike.
function server.check(settings, provider_name)
  if not settings.url then error(("the provider %s needs the server's address: url: https://…"):format(provider_name), 0) end
  if settings.missing and not MISSING[settings.missing] then
    error(("missing must be error or ignore, not %s"):format(settings.missing), 0)
  end
end

-- --- messages

function server.shown(url)
  local bare, query = url:match "^([^?]*)%?(.*)$"
  return bare and bare .. "?" .. query:gsub("=[^&]*", "=***") or url
end

function server.nothing(settings, what)
  if settings.missing == "error" then error(what, 0) end
  return nil
end

-- Servers write errors as a list of texts, or as one.
function server.problem_of(answer)
  local ok, told = pcall(answer.json)
  if not ok or type(told) ~= "table" then return nil end
  local text = told.message or told.error
  local list = type(told.errors) == "table" and told.errors or { text }
  local out = {}
  for _, each in ipairs(list) do
    if type(each) == "string" then out[#out + 1] = each:gsub("%s+", " "):match "^ ?(.-) ?$" end
  end
  return out[1] and table.concat(out, "; ")
end

-- --- one request for many variables

local MOST_KEPT = 4 << 20 -- bytes

local known, kept = {}, 0

-- Requests that did not come back, for which target and key: the latest, which are more than those of all targets in flight.
local lost = {}
local MOST_LOST = 1000

local function find_lost(ctx, key)
  for i = #lost, 1, -1 do
    if lost[i].ctx == ctx and lost[i].key == key then return i end
  end
end

-- A request that failed is not repeated for other variables of the same target, which would fail in the same way; for the next target it
-- is.
function server.once(ctx, key, what, ask)
  if known[key] ~= nil then return known[key] end
  if find_lost(ctx, key) then error(what .. " has failed for this target, and is not asked again", 0) end
  lost[#lost + 1] = { ctx = ctx, key = key }
  if #lost > MOST_LOST then table.remove(lost, 1) end
  local answer, size = ask()
  table.remove(lost, find_lost(ctx, key))
  if kept > MOST_KEPT then known, kept = {}, 0 end
  known[key], kept = answer, kept + (size or 0) + 1000 -- what a small answer takes, and its entry
  return answer
end

-- --- one at a time

-- Targets that need a token at the same time must not all log in. Within a function that gsub calls no other target goes on.
function server.alone(f)
  local result
  string.gsub("x", "x", function() result = f() end)
  return result
end

return server
