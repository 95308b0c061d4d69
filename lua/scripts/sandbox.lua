-- What a script sees, and how its code is run.
--
-- A script gets an environment of its own: Lua's string, table, math and utf8 without what reaches outside or differs from run to
-- run, `pairs` in the order of the keys, and our modules. It is never given our tables, only copies of lists of functions.
local diag = require "base.diag"
local host = require "engine.host"
local modules = require "scripts.modules"
local value = require "base.value"

local sandbox = {}

-- The limits for a script's load and for each target.
sandbox.limits = { memory = 64 << 20, cpu = 2000, wall = 3000 }

local NAMES = {
  _G = { "assert", "error", "ipairs", "select", "tonumber", "tostring", "type" },
  string = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper" },
  table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
  math = { "abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger", "sqrt", "tointeger", "type", "ult", "pi" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

local function pick(from, names)
  local picked = {}
  for _, name in ipairs(names) do picked[name] = from[name] end
  return picked
end

-- A fresh environment for a script { file, folder, builtin } of the registry. Modules are made when the script first names them;
-- a name that nothing declares is an error, not nil.
function sandbox.environment(registry, script)
  local env = pick(_G, NAMES._G)
  for _, name in ipairs { "string", "table", "math", "utf8" } do env[name] = pick(_G[name], NAMES[name]) end
  env.pairs, env.pcall = value.pairs, host.pcall
  for name, declare in pairs(registry:declarations(script)) do env[name] = declare end
  env._G = env
  return setmetatable(env, { __metatable = false, __index = function(_, name)
    local make = modules[name]
    if not make then error(("nothing is called %s here"):format(tostring(name)), 2) end
    local module = make(registry, script)
    env[name] = pick(module, value.keys(module))
    return env[name]
  end })
end

-- Sets limits that differ from the usual: { memory = bytes, cpu = milliseconds, wall = milliseconds }.
function sandbox.set_limits(given)
  for name, limit in pairs(given) do sandbox.limits[name] = limit end
end

-- What a script raised, as a message. A script may raise anything.
local function message_of(raised)
  if type(raised) == "string" then return raised end
  if type(raised) == "table" and raised.is_diagnostic then return raised.message end
  return "it raised " .. value.describe(raised)
end

-- Splits "lua/x.lua:12: text" into the place and the text.
local function split(message)
  local file, line, text = message:match "^([^\n:]+):(%d+): (.*)$"
  if file then return { file = file, line = math.tointeger(line), column = 1, end_line = math.tointeger(line), end_column = 1 }, text end
  return nil, message
end

-- run(job, function, ...) -> true, results | false, diagnostic: runs a script's function under limits. job.what says in words
-- what it was asked to do, job.file is the script's.
function sandbox.run(job, f, ...)
  local limits = sandbox.limits
  local stage = { stage = job.what, memory = limits.memory, cpu = limits.cpu, wall = limits.wall }
  local results = table.pack(host.limited(stage, f, ...))
  if results[1] then return table.unpack(results, 1, results.n) end
  local raised, hit = results[2], results[3]
  if type(raised) == "table" and raised.is_diagnostic and not hit then return false, raised end
  local place, text = split(message_of(raised))
  local d = { is_diagnostic = true, rule = "script", severity = "error", trouble = true, message = text, within = job.what,
    place = place or { file = job.file } }
  if hit then
    d.rule = hit .. "-limit"
    d.message = hit == "cpu" and ("it took more than %.1f s of CPU time"):format(limits.cpu / 1000)
      or ("it took more than %d MiB of memory"):format(limits.memory >> 20)
  end
  return false, d
end

-- compile(text, name, environment) -> the script's function. `name` is its file.
function sandbox.compile(text, name, environment)
  local chunk, why = host.compile(text, "@" .. name, environment)
  if chunk then return chunk end
  local place, message = split(why)
  diag.raise { rule = "script-syntax", place = place or { file = name }, message = message }
end

-- Runs a script's top level, where it declares.
function sandbox.run_top(chunk, name)
  local ok, why = sandbox.run({ what = "loading " .. name, file = name }, chunk)
  if not ok then diag.raise(why) end
end

return sandbox
