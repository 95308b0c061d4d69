-- moonstep lua: a prompt with what scripts see, and the objects of the given files.
local emit = require "engine.emit"
local host = require "engine.host"
local inputs = require "commands.inputs"
local modules = require "scripts.modules"
local prompt = require "engine.prompt"
local reference = require "scripts.reference"
local resolve = require "variables.resolve"
local road = require "road"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local targets = require "model.targets"
local value = require "base.value"
local view = require "engine.view"

local command = {
  summary = "a prompt to try scripts at",
  usage = "moonstep lua [-f FILE]... [--task NAME] [options]",
  text = [[
Reads lines of Lua, runs them as a script's code is run, and prints their results, tables as YAML. `targets` holds the context of each
target of the given files, as providers and templates are given it, and `ctx` is the first; there is `print`. Each line has the limits
that a target has.

At a terminal, TAB completes names, the arrows bring earlier lines back, ctrl-c gives a line up and ctrl-d ends. Otherwise the exit
status is 2 when a line failed.
]],
  options = inputs.with {},
}

local NAME = "prompt" -- of the chunks, in messages

-- --- results

local emitter

-- What no YAML can be made of, such as a module: its names, and what they are.
local function names_and_types(t)
  local lines = {}
  for _, key in ipairs(value.keys(t)) do
    local v = view.shown(t[key])
    lines[#lines + 1] = ("%s: %s\n"):format(key, type(v) == "function" and "a function" or value.describe(v))
  end
  return table.concat(lines)
end

local function context_fields()
  local lines = {}
  for _, field in ipairs(reference.context) do lines[#lines + 1] = ("ctx.%-26s %s\n"):format(field[1], field[3]) end
  for _, method in ipairs(reference.methods) do lines[#lines + 1] = ("%-30s %s\n"):format(method[2], method[4]) end
  return table.concat(lines)
end

-- A result as text with a line end.
local function shown(session, v)
  if v == nil then return "nil\n" end
  if type(v) == "function" then return "a function\n" end
  if secret.is(v) then return "a secret\n" end
  if session.words[v] then return context_fields() end
  if v == session.targets then
    local lines = {}
    for i, ctx in ipairs(v) do lines[i] = ("targets[%d]: %s\n"):format(i, session.words[ctx]) end
    return table.concat(lines)
  end
  emitter = emitter or emit.new(require "output.order")
  local text, why = emitter:yaml(v)
  if text then return (text:gsub("\n*$", "\n")) end
  return type(view.shown(v)) == "table" and names_and_types(view.shown(v)) or why .. "\n"
end

-- --- lines

-- The function of a line, an expression or statements; nil and the message when it is neither.
local function compile(text, environment)
  local chunk = host.compile("return " .. text, "=" .. NAME, environment)
  if chunk then return chunk end
  return host.compile(text, "=" .. NAME, environment)
end

local function is_unfinished(message) return message:find "near '?<eof>'?$" ~= nil end

-- A diagnostic in one line. Places in what was typed say nothing.
local function complaint(d)
  local at, message = d.place, d.message
  if prompt.interrupted() then message = "interrupted"
  elseif at and at.line and at.file ~= NAME then message = ("%s:%d: %s"):format(at.file, at.line, message) end
  return ("error: %s\n"):format((secret.mask(message):gsub("^" .. NAME .. ":%d+: ", ""):gsub("%c", " ")))
end

-- Prints at once. When nobody reads any more, or nothing can be written, the session is over.
local function print_now(session, text)
  local ok, why = prompt.print(secret.mask(text))
  if ok then return end
  session.over, session.failed = true, why
  if why then host.message(("error: cannot write to standard output: %s\n"):format(why)) end
end

-- Runs a text and prints what it gives: true when that worked, nil when it did not, false when there must be more of it.
local function run_text(session, text)
  sandbox.begin()
  local unfinished
  local results = table.pack(sandbox.run({ what = "a line of the prompt", file = NAME }, function()
    local chunk, why = compile(text, session.environment)
    if chunk then return chunk() end
    unfinished = is_unfinished(why)
    error(why, 0)
  end))
  if results[1] then
    local out = {}
    for i = 2, results.n do out[i - 1] = shown(session, results[i]) end
    print_now(session, table.concat(out))
    return true
  end
  if unfinished then return false, complaint(results[2]) end
  host.message(complaint(results[2]))
end

-- --- completion

local function is_name(key) return type(key) == "string" and key:find "^[%a_][%w_]*$" ~= nil end

-- The names within a value that may follow a dot or colon.
local function names_in(session, holder)
  local names = {}
  local function add(keys)
    for _, key in ipairs(keys) do
      if is_name(key) then names[#names + 1] = key end
    end
  end
  if holder == session.environment then
    add(value.keys(holder))
    for _, name in ipairs(value.keys(modules)) do names[#names + 1] = rawget(holder, name) == nil and name or nil end
  elseif session.words[holder] then
    for _, field in ipairs(reference.context) do names[#names + 1] = field[1] end
    for _, method in ipairs(reference.methods) do names[#names + 1] = method[1] end
  elseif type(holder) == "string" then add(value.keys(session.environment.string))
  elseif type(view.shown(holder)) == "table" then add(value.keys(holder)) end
  return names
end

-- The names that the word at the end of the text may become, and its part that is there already.
local function candidates(session, text)
  local path, stem = text:match "([%w_%.:]-)([%w_]*)$"
  local holder = session.environment
  for name in path:gmatch "[%w_]+" do holder = holder[name] end
  local found = {}
  for _, name in ipairs(names_in(session, holder)) do
    if name:sub(1, #stem) == stem then found[#found + 1] = name end
  end
  table.sort(found)
  return found, stem
end

local function common_start(names)
  local start = names[1]
  for _, name in ipairs(names) do
    while name:sub(1, #start) ~= start do start = start:sub(1, -2) end
  end
  return start
end

local function complete(session, text)
  sandbox.begin()
  local ok, found, stem = sandbox.run({ what = "completion", file = NAME }, candidates, session, text)
  if not ok or not found[1] then return nil end
  local more = common_start(found):sub(#stem + 1)
  return more, more == "" and found[2] and table.concat(found, "  ") or nil
end

-- --- the session

-- The contexts of the targets that can be resolved, and each one's target in words.
local function contexts(with, template)
  local options, all, words = with.options, {}, {}
  local found = options.task and { targets.of_task(options.task, options.namespace) }
    or targets.of_sessions(with.model, with.report, options.session)
  for _, target in ipairs(found) do
    sandbox.begin()
    local chain = resolve(target, with, template.accidents).chain
    local object = target.object
    if chain then
      all[#all + 1] = chain.context
      words[chain.context] = ("%s %s%s%s"):format(object.kind, object.namespace and object.namespace .. "/" or "", object.name,
        options.task and "" or (", target %d"):format(object.index))
    end
  end
  return all, words
end

-- print for the prompt: strings as they are, the rest as results are shown.
local function printer(session)
  return function(...)
    local out = {}
    for i = 1, select("#", ...) do
      local v = select(i, ...)
      out[i] = type(v) == "string" and v or shown(session, v):gsub("\n$", "")
    end
    print_now(session, table.concat(out, "\t") .. "\n")
  end
end

local function new_session(with, template)
  local environment = sandbox.environment(with.registry, { file = NAME, folder = "" })
  local session = { registry = with.registry, environment = environment }
  session.targets, session.words = contexts(with, template)
  environment.targets, environment.ctx, environment.print = session.targets, session.targets[1], printer(session)
  return session
end

local function greet(session)
  local count = #session.targets
  print_now(session, ("moonstep %s. %s TAB completes, ctrl-d ends.\n"):format(host.version(),
    count == 0 and "Without -f there is no ctx." or "ctx is " .. session.words[session.targets[1]]
      .. (count > 1 and (", targets has all %d."):format(count) or ".")))
end

-- Reads and runs lines until they end. Returns whether all of them worked.
local function converse(session, editor)
  local text, why, all_well = nil, nil, true
  while not session.over do
    local line, cancelled = editor:read(text and "... " or "> ")
    if not line and not cancelled then break end
    if line and line:find "%S" then editor:remember() end
    text = line and (text and text .. "\n" .. line or line)
    local done
    if text and text:find "%S" then done, why = run_text(session, text) else done = true end
    if done ~= false then text, all_well = nil, all_well and done end
  end
  if not text or session.over then return all_well end
  host.message(why) -- what was begun has no end
end

function command.run(given, operands, wrong)
  local options, why = inputs.read("lua", given, operands, true)
  if not options then return wrong(why) end
  for _, file in ipairs(options.files) do
    if file == "-" then return wrong "lua reads its lines from standard input, so -f - cannot be given" end
  end
  local report = inputs.report(given)
  local with, template = road.prepare(options, report)
  if not with then return report:status() end
  local session = new_session(with, template)
  local editor = prompt.open(function(text) return complete(session, text) end)
  if editor:terminal() then greet(session) end
  local all_well = converse(session, editor) or editor:terminal()
  return all_well and not session.failed and 0 or 2
end

return command
