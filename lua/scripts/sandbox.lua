-- What a script sees, and how its code is run.
--
-- A script gets an environment of its own: Lua's string, table, math and utf8 without what reaches outside or differs from run to
-- run, `pairs` in the order of the keys, and our modules. It is never given our tables, only copies of lists of functions; and what it
-- raises is looked at as a stranger's.
local diag = require "base.diag"
local host = require "engine.host"
local modules = require "scripts.modules"
local running = require "scripts.running"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

local sandbox = {}

-- What scripts may use up for each load and for each target; and how many rows they may give a batch.
sandbox.limits = { memory = 64 << 20, cpu = 2000, wall = 3000, rows = 10000000 }

-- Bytes of a script's text.
sandbox.MOST_TEXT = 4 << 20

local NAMES = {
  _G = { "assert", "error", "ipairs", "select", "tonumber", "tostring" },
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

-- What pcall gives a script: of our diagnostics, which carry our tables, the message.
local function caught(ok, raised, ...)
  if not ok and diag.is(raised) then return false, raised.message end
  return ok, raised, ...
end

local function script_pcall(...) return caught(host.pcall(...)) end

-- A fresh environment for a script { file, folder, builtin } of the registry. Modules are made when the script first names
-- them; a name that nothing declares is an error, not nil.
function sandbox.environment(registry, script)
  local env = pick(_G, NAMES._G)
  for _, name in ipairs { "string", "table", "math", "utf8" } do env[name] = pick(_G[name], NAMES[name]) end
  env.pairs, env.pcall, env.type = value.pairs, script_pcall, view.type
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

-- Sets limits that differ from the usual: { memory = bytes, cpu = milliseconds, wall = milliseconds, rows = number }.
function sandbox.set_limits(given)
  for name, limit in pairs(given) do sandbox.limits[name] = limit end
end

-- From here on scripts work for something new, a load or a target: they get a new allowance.
function sandbox.begin()
  running.begin()
  host.allow(sandbox.limits)
end

-- --- failures

-- Lua cuts the names of chunks in messages.
local function name_in_messages(file) return #file < 60 and file or "..." .. file:sub(-56) end

local function place_at(file, line)
  if not line then return { file = file } end
  return { file = file, line = line, column = 1, end_line = line, end_column = 1 }
end

-- Splits "site.lua:12: text" into the line and the text, for the given file.
local function split(message, file)
  local head = name_in_messages(file) .. ":"
  if message:sub(1, #head) ~= head then return nil, message end
  local line, text = message:match("^(%d+): (.*)$", #head + 1)
  return math.tointeger(line), text or message
end

-- What a script raised, as a message. A script may raise anything.
local function message_of(raised)
  if type(raised) == "string" then return raised end
  if type(raised) == "number" or type(raised) == "boolean" then return ("it raised %s"):format(raised) end
  return ("it raised %s, not a message"):format(raised == nil and "nil" or secret.is(raised) and "a secret" or "a " .. type(raised))
end

local function time_words(milliseconds)
  return milliseconds % 1000 == 0 and ("%ds"):format(milliseconds // 1000) or ("%dms"):format(milliseconds)
end

-- 2.0, 0.15
local function seconds(milliseconds) return (milliseconds % 100 == 0 and "%.1f" or "%g"):format(milliseconds / 1000) end

local function size_words(bytes)
  for _, unit in ipairs { { 20, "Mi" }, { 10, "Ki" } } do
    if bytes % (1 << unit[1]) == 0 then return ("%d%s"):format(bytes >> unit[1], unit[2]) end
  end
  return ("%d"):format(bytes)
end

-- For each limit: its rule, what is said of it, and how it is written.
local LIMITS = {
  cpu = { "cpu-limit", function(limit) return seconds(limit) .. " s of CPU time" end, time_words },
  wall = { "time-limit", function(limit) return seconds(limit) .. " s of wall clock" end, time_words },
  memory = { "memory-limit", function(limit) return ("%sB of memory"):format((size_words(limit):gsub("%a", " %0", 1))) end, size_words },
}

local function limit_failure(name, place, within)
  local rule, words, written = table.unpack(LIMITS[name])
  local limit = sandbox.limits[name]
  local asked = running.now.asked
  if asked and asked ~= within then within = ("%s in %s"):format(asked, within) end
  return { rule = rule, severity = "error", trouble = true, limit = true, within = within, place = place,
    message = "it took more than " .. words(limit) .. (name == "wall" and running.now.on and ", waiting for " .. running.now.on or ""),
    hint = ("limits: {%s: %s} in moonstep.yaml would allow twice as much"):format(name, written(2 * limit)) }
end

-- The diagnostic for what a job raised. `limit`, `file` and `line` are host.limited's.
local function failure(job, raised, limit, file, line)
  if limit then return limit_failure(limit, place_at(file or job.file, line), job.what) end
  if diag.is(raised) and raised.of_script then
    raised.within, raised.place = raised.within or job.what, raised.place or place_at(file or job.file, line)
  end
  if diag.is(raised) then return raised end
  local said, text = split(message_of(raised), file or job.file)
  if not said then text = text:gsub("^lua/[%w_/]+%.lua:%d+: ", "") end -- a line of ours says nothing to a script's author
  return { rule = "script", severity = "error", trouble = true, message = text, within = job.what,
    place = place_at(file or job.file, said or line) }
end

-- run(job, function, ...) -> true, results | false, diagnostic: runs a script's function under what is left of the allowance. job.what
-- says in words what it was asked to do, job.file is the script's.
function sandbox.run(job, f, ...)
  local results = table.pack(host.limited({ stage = job.what, file = job.file }, f, ...))
  if results[1] then return table.unpack(results, 1, results.n) end
  return false, failure(job, table.unpack(results, 2, 5))
end

-- Runs what a script does at its top level, where it declares: `load` gives its function.
function sandbox.run_top(name, load)
  sandbox.begin()
  local ok, why = sandbox.run({ what = "loading " .. name, file = name }, function() load()() end)
  if not ok then diag.raise(why) end
end

-- The text without what some editors and shells want in front of it; lines keep their numbers.
local function bare(text)
  text = text:gsub("^\u{feff}", "")
  return (text:gsub("^#[^\n]*", ""))
end

-- compile(text, name, environment) -> the script's function. `name` is its file. Only source is read.
function sandbox.compile(text, name, environment)
  local chunk, why
  if text:sub(1, 4) == "\27Lua" then why = "it is compiled Lua; scripts are read as source"
  else chunk, why = host.compile(bare(text), "@" .. name, environment) end
  if chunk then return chunk end
  local line, message = split(why, name)
  diag.raise { rule = "script-syntax", place = place_at(name, line), message = message }
end

return sandbox
