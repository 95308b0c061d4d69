-- Hostile scripts: each file of attacks/ is run as a script on examples/postgres, under a hard kill, and must end soon with a message for
-- its author. Its first lines say how:
--
--   -- want: STATUS TEXT      the exit status, and a text that is printed: `a | b` one of them, `a & b` both
--   -- run: render …          the command and its options (default: render); {folder} is the folder that the script is run in; with `test`,
--                             the script is a file of tests
--   -- config: usual          the limits that there are without a configuration
--   -- instead: EXPRESSION    a Lua expression that gives the whole text of the script
--   -- append: EXPRESSION     one that gives text to go behind it
--
-- A script with a template "x" is run with that. Nothing raw may reach the terminal, and nothing that differs from run to run: scripts that
-- hit no limit are run twice, and once more with messages as JSON. So that slow machines come to the same, time is short for scripts that
-- run out of it and long for the others.
local shell = dofile "tests/lib/shell.lua"
local host = require "engine.host"
local load = require "engine.load"

local ATTACKS, FOLDER = "tests/sandbox/attacks", assert(..., "run.lua FOLDER")
local KILL = 10 -- seconds
local CONFIGS = { usual = "{}\n", few = "limits: {cpu: 2s, wall: 4s, rows: 5000}\n", short = "limits: {cpu: 400ms, wall: 1500ms}\n", long = "limits: {cpu: 5s, wall: 8s}\n" }

local function header(text, name) return text:match("^%-%- " .. name .. ": ([^\n]*)") or text:match("\n%-%- " .. name .. ": ([^\n]*)") end

local function evaluate(expression) return assert(host.compile("return " .. expression, "=header", _G))() end

-- The text of the script that is run.
local function script_text(text)
  local instead, append = header(text, "instead"), header(text, "append")
  if instead then return evaluate(instead) end
  return append and text .. evaluate(append) or text
end

local function is_about_time(text)
  local want = header(text, "want")
  return want:find("cpu-limit", 1, true) or want:find("time-limit", 1, true)
end

local function shell_line(name, text, more)
  local config = header(text, "config") or is_about_time(text) and "short" or "long"
  local command, options = (header(text, "run") or "render"):gsub("{folder}", FOLDER):match "^(%S+)(.*)$"
  if command == "test" then
    return ("timeout -s KILL %d %s test %s/%s.lua --config %s/%s.yaml %s"):format(KILL, shell.moonstep, FOLDER, name, FOLDER, config, more or "")
  end
  local template = text:find('template "x"', 1, true) and "--template x" or ""
  return ("timeout -s KILL %d %s %s -f examples/postgres --config %s/%s.yaml --script %s/%s.lua %s %s %s"):format(KILL, shell.moonstep, command,
    FOLDER, config, FOLDER, name, template, options, more or "")
end

-- How messages are asked for as JSON, or in the next best format where there is none.
local function other_format(text)
  local run = header(text, "run") or ""
  return run == "test" and "--format junit" or run:find("--dry-run", 1, true) and "" or "--format ndjson"
end

-- The runs of a script: a name and options that are added.
local function runs_of(text)
  if header(text, "want"):find "%-limit" then return { { "first", "" } } end
  return { { "first", "" }, { "again", "" }, { "json", other_format(text) } }
end

-- --- looking at what was printed

local function contains(text, want)
  for alternative in (want .. " | "):gmatch "(.-) | " do
    local all = true
    for part in (alternative .. " & "):gmatch "(.-) & " do all = all and text:find(part, 1, true) ~= nil end
    if all then return true end
  end
  return false
end

-- What a message to a user must not hold, or nil.
local function unfit(text)
  if text:find "[%z\1-\8\11-\31\127]" or text:find "\194[\128-\159]" then return "a control character" end
  if not utf8.len(text) then return "what is no UTF-8" end
  for _, word in ipairs { "[internal]", '"internal"', "[crashed]", '"crashed"', "stack traceback" } do
    if text:find(word, 1, true) then return word end
  end
  if text:find "0x%x%x%x%x%x%x%x%x" then return "an address" end
  if #text > 40000000 then return "too much" end
end

-- The secret of the scripts named secret-*, and what else it looks like.
local SECRETS = { "xyzzy-plugh-42", "eHl6enktcGx1Z2gtNDI", "78797a7a792d706c7567682d3432" }

local function tells_secret(ran)
  for _, word in ipairs(SECRETS) do
    if (ran.out .. ran.err):find(word, 1, true) then return "a secret" end
  end
end

local function not_json(text)
  for line in text:gmatch "[^\n]+" do
    local source = load.source(line)
    local v = source and load.next(load.reader(source))
    if type(v) ~= "table" or not v.rule then return "a line that is no message: " .. line end
  end
end

local function read_run(name, run)
  local base = ("%s/%s.%s"):format(FOLDER, name, run)
  return { out = shell.read(base .. ".out"), err = shell.read(base .. ".err"), status = shell.read(base .. ".status"):gsub("%s", "") }
end

-- What is wrong with what the script did, or nil.
local function judge(name, text)
  local status, want = header(text, "want"):match "^(%d) (.*)$"
  local first = read_run(name, "first")
  local printed = first.err .. first.out
  if first.status ~= status then return ("exit status %s, want %s:\n%s"):format(first.status, status, printed:sub(1, 2000)) end
  -- where CPU time was to run out, on a busy machine the wall clock may be first
  local seen = want:find("cpu-limit", 1, true) and printed .. printed:gsub("time%-limit", "cpu-limit") or printed
  if not contains(seen, want) then return ("no %q in\n%s"):format(want, printed:sub(1, 2000)) end
  local why = unfit(printed) or tells_secret(first)
  if why then return ("it printed %s: %q"):format(why, printed:sub(1, 2000)) end
  if #runs_of(text) == 1 then return nil end
  local again, json = read_run(name, "again"), read_run(name, "json")
  if again.out ~= first.out or again.err ~= first.err then return "a second run printed something else" end
  if json.status ~= status then return "another exit status with --format ndjson: " .. json.status end
  return unfit(json.err) or unfit(json.out) or tells_secret(json) or other_format(text) == "--format ndjson" and not_json(json.err) or nil
end

-- --- the road

local names, texts = {}, {}
for name, text in pairs(CONFIGS) do shell.write(("%s/%s.yaml"):format(FOLDER, name), text) end
os.execute(("rm -f %s/fifo; mkfifo %s/fifo"):format(FOLDER, FOLDER))
local lines = {}
for _, file in ipairs(shell.entries(ATTACKS)) do
  local name = file:match "^(.*)%.lua$"
  local text = shell.read(ATTACKS .. "/" .. file)
  names[#names + 1], texts[name] = name, text
  shell.write(("%s/%s.lua"):format(FOLDER, name), script_text(text))
  for _, run in ipairs(runs_of(text)) do
    local base = ("%s/%s.%s"):format(FOLDER, name, run[1])
    lines[#lines + 1] = ("%s </dev/null >%s.out 2>%s.err; echo $? >%s.status"):format(shell_line(name, text, run[2]), base, base, base)
  end
end
shell.write(FOLDER .. "/lines", table.concat(lines, "\0") .. "\0")
os.execute(("xargs -0 -P $(nproc) -n 1 sh -c <%s/lines"):format(FOLDER))

local failed = 0
for _, name in ipairs(names) do
  local why = judge(name, texts[name])
  if why then
    failed = failed + 1
    print(("not ok %s: %s"):format(name, why))
  end
end
print(("sandbox: %d passed, %d failed"):format(#names - failed, failed))
return failed == 0 and #names > 0
