-- What is told of a Job while it runs: lua/run/show.lua and lua/run/screen.lua on a terminal that is made of a few lines of Lua.
local suite = dofile "tests/lib/suite.lua"
local diag = require "base.diag"
local host = require "engine.host"
local prompt = require "engine.prompt"
local screen = require "run.screen"
local secret = require "engine.secret"
local show = require "run.show"

-- A terminal as far as it is drawn on: lines, and a cursor at the start of one.
local function terminal(columns, rows)
  local self = { columns = columns, rows = rows, lines = {}, at = 1, now = 0 }
  local function put(text)
    local count = 0
    text = text:gsub("\27%[%d*;?%d*m", "")
    assert(not text:find "[%z\1-\31]", "a control character reached the terminal")
    repeat
      local row = text:sub(1, (utf8.offset(text, columns + 1) or #text + 1) - 1)
      self.lines[self.at + count], text, count = row, text:sub(#row + 1), count + 1
    until text == ""
    self.at = self.at + count
  end
  local function write(text)
    local up, rest = text:match "^\27%[(%d+)A\r\27%[J(.*)$"
    if up then
      self.at, text = self.at - tonumber(up), rest
      assert(self.at >= 1, "above the first line")
      for i = #self.lines, self.at, -1 do self.lines[i] = nil end
    else text = text:gsub("^\r", "") end
    for line in text:gmatch "([^\n]*)\n" do put(line) end
    assert(text == "" or text:sub(-1) == "\n", "the cursor stays behind a line")
  end
  self.screen = screen.open { size = function() return self.columns, self.rows end, write = write, colours = true,
    clock = function() return self.now end }
  function self.text() return table.concat(self.lines, "\n") end
  return self
end

local STEPS = { { name = "dump-0", kind = "init" }, { name = "restic-1", kind = "init" }, { name = "status-2", kind = "main" } }

-- Calls the function with what it prints noted: { err = text, out = text }.
local function noted(f)
  local out, message, print_now = { err = "", out = "" }, host.message, prompt.print
  host.message = function(text) out.err = out.err .. text end
  prompt.print = function(text)
    out.out = out.out .. text
    return true
  end
  local ok, why = pcall(f)
  host.message, prompt.print = message, print_now
  if not ok then error(why, 0) end
  return out
end

local function on(t, more)
  local options = { screen = t.screen, report = diag.report { format = "human" }, title = "Job shop/dump" }
  function options.clock() return t.now end
  for k, v in pairs(more or {}) do options[k] = v end
  return show.start(options, STEPS)
end

-- Without a terminal. Half a second passes whenever the clock is looked at.
local function plainly(more)
  local now = 0
  local report = diag.report { format = "human" }
  report.write = function(text) host.message(text) end
  local function clock()
    now = now + 500
    return now
  end
  local options = { screen = false, clock = clock, report = report, title = "Job shop/dump" }
  for k, v in pairs(more or {}) do options[k] = v end
  return show.start(options, STEPS), options.report
end

local function draws()
  local t = terminal(60, 24)
  local shown = on(t)
  suite.equal(t.text(), "dump-0    waiting\nrestic-1  waiting\nstatus-2  waiting")
  shown:state("dump-0", "running")
  t.now = 12000
  shown:log("dump-0", "  42 tables\tdumped")
  suite.equal(t.text(), "dump-0    running    12 s    42 tables    dumped\nrestic-1  waiting\nstatus-2  waiting")
  shown:state("dump-0", "failed", { code = 3, reason = "OOMKilled" })
  shown:state("restic-1", "skipped")
  t.now = 80000
  shown:tick()
  suite.equal(t.text(), "dump-0    failed     12 s  exit status 3, OOMKilled:   42 …\nrestic-1  skipped\nstatus-2  waiting")
end

-- Of a Job that was over before anybody looked, and a step that ran before.
local function tells_times_of_others()
  local t = terminal(60, 24)
  on(t):state("dump-0", "running", { seconds = 200 })
  suite.equal(t.text():match "[^\n]*", "dump-0    running  3 min 20 s")
  local out = noted(function()
    local shown = plainly()
    shown:state("dump-0", "done", { code = 0, seconds = 200 })
    shown:state("restic-1", "done", { code = 0 })
    shown:finish { status = "complete", seconds = 215 }
  end)
  suite.equal(out.err, "dump-0: done after 3 min 20 s\nrestic-1: done after 0 s\n"
    .. "moonstep: Job shop/dump is complete: 3 steps in 3 min 35 s\n")
end

local function goes_on()
  local t = terminal(60, 24)
  local shown = on(t)
  shown:state("dump-0", "running")
  t.now = 999
  shown:tick()
  suite.equal(t.lines[1], "dump-0    running     0 s")
  t.now = 61500
  shown:tick()
  suite.equal(t.lines[1], "dump-0    running  1 min 01 s")
  shown:log("dump-0", "a")
  suite.equal(t.lines[1], "dump-0    running  1 min 01 s", "ten times a second at most")
  t.now = 61600
  shown:tick()
  suite.equal(t.lines[1], "dump-0    running  1 min 01 s  a")
end

local function keeps_above()
  local t = terminal(40, 24)
  local shown = on(t)
  shown:say "pulled docker.io/library/postgres:15"
  shown:state("dump-0", "running")
  suite.equal(t.text(), "moonstep: pulled docker.io/library/postg\nres:15\ndump-0    running     0 s\nrestic-1  waiting\nstatus-2  waiting")
end

local function follows_the_width()
  local t = terminal(60, 24)
  local shown = on(t)
  shown:state("dump-0", "running")
  t.now = 200
  shown:log("dump-0", ("x"):rep(100))
  t.columns = 20
  t.lines = { "dump-0    running   ", "  0 s  xxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxx… ", "restic-1  waiting", "status-2  waiting" }
  t.at = 6
  t.now = 2000
  shown:tick()
  suite.equal(t.text(), "dump-0    running …\nrestic-1  waiting\nstatus-2  waiting")
end

local function shows_a_part()
  local t = terminal(40, 6)
  local steps = {}
  for i = 1, 30 do steps[i] = { name = ("s%02d"):format(i) } end
  local shown = show.start({ screen = t.screen, clock = function() return t.now end }, steps)
  suite.equal(#t.lines, 5)
  for i = 1, 20 do shown:state(steps[i].name, "done") end
  shown:state("s21", "running")
  suite.equal(t.text(), "s20  done        0 s\ns21  running     0 s\ns22  waiting\ns23  waiting\ns24  waiting")
  for i = 21, 30 do shown:state(steps[i].name, "done") end
  suite.equal(t.lines[5], "s30  done        0 s")
end

local function obeys_nothing()
  secret.of "hunter22"
  local t = terminal(200, 24)
  local shown = on(t)
  shown:state("dump-0", "running")
  t.now = 200
  for line, want in pairs { ["\27[2Ja\27[31mb\27[0m"] = "ab", ["10%\r20%\r"] = "20%", ["a\27]0;title\7b"] = "a\\x1b]0;title\\x07b",
    ["\255\254x"] = "\\xff\\xfex", ["a\u{202e}b"] = "a\\u202eb", ["pw=hunter22;"] = "pw=***;" } do
    shown:log("dump-0", line)
    t.now = t.now + 200
    shown:tick()
    suite.equal(t.lines[1]:match "%d s  (.*)", want)
  end
end

local function tells_plainly()
  local shown, report = plainly()
  local said = noted(function()
    shown:state("dump-0", "running")
    shown:log("dump-0", "nothing")
    shown:state("dump-0", "done", { code = 0 })
    shown:state("restic-1", "waiting", { reason = "ImagePullBackOff" })
    shown:state("restic-1", "running")
    shown:log("restic-1", "Fatal: wrong password")
    shown:state("restic-1", "failed", { code = 12 })
    shown:finish { status = "failed", message = "step restic-1 failed", hint = "look at the password" }
  end)
  suite.equal(said.err, [[
dump-0: running
dump-0: done after 1 s
restic-1: waiting, ImagePullBackOff
restic-1: running
restic-1: failed after 1 s, exit status 12
restic-1 said last:
    Fatal: wrong password
moonstep: error[job-failed]: step restic-1 failed
      look at the password
]])
  suite.equal(report:status(), 1)
end

-- { status, exit status }
local ENDS = { { "complete", 0 }, { "failed", 1 }, { "timeout", 1 }, { "cancelled", 1 }, { "not-started", 2 } }

local function ends()
  for _, row in ipairs(ENDS) do
    local shown, report = plainly()
    local said = noted(function() shown:finish { status = row[1] } end)
    suite.equal(report:status(), row[2], row[1])
    suite.equal(said.err:find "Job shop/dump" ~= nil, true, row[1])
    local quiet = plainly { quiet = true }
    said = noted(function() quiet:finish { status = row[1] } end)
    suite.equal(said.err == "", row[1] == "complete", row[1])
  end
end

local function prints_logs()
  local shown = plainly { logs = true }
  local long = ("y"):rep(7000)
  local said = noted(function()
    shown:state("dump-0", "running")
    shown:log("dump-0", "one")
    shown:log("dump-0", "")
    shown:log("dump-0", long)
  end)
  local parts = { "one", "", long:sub(1, 3000), long:sub(1, 3000), long:sub(1, 1000), "" }
  suite.equal("\n" .. said.out, table.concat(parts, "\n"):gsub("^", "\n"):gsub("\n", "\n[dump-0] "):gsub("%[dump%-0%] $", ""))
  suite.equal(said.err, "dump-0: running\n")
end

local function tells_machines()
  local report = diag.report { format = "human" }
  local shown = show.start({ screen = false, format = "ndjson", logs = true, report = report, clock = function() return 0 end }, STEPS)
  local said = noted(function()
    shown:state("dump-0", "running")
    shown:log("dump-0", "one")
    shown:state("dump-0", "failed", { code = 1, reason = "Error" })
    shown:say "again"
    shown:finish { status = "complete" }
  end)
  suite.equal(said.err, [[
{"step":"dump-0","state":"running"}
{"step":"dump-0","log":"one"}
{"step":"dump-0","state":"failed","code":1,"reason":"Error"}
{"say":"again"}
{"end":"complete"}
]])
end

local function is_quiet()
  local shown = plainly { quiet = true }
  local said = noted(function()
    shown:state("dump-0", "running")
    shown:say "something"
    shown:state("dump-0", "done")
  end)
  suite.equal(said.err .. said.out, "")
end

-- { text, columns, what is left of it }
local CLIPPED = {
  { "abc", 3, "abc" }, { "abcd", 3, "ab…" }, { "äöü", 3, "äöü" }, { "äöüx", 3, "äö…" }, { "日本語", 6, "日本語" }, { "日本語", 5, "日本…" },
  { "日本語", 4, "日…" }, { "日本語", 1, "…" }, { "ab", 0, "" }, { "", 0, "" },
}

local function clips()
  for _, row in ipairs(CLIPPED) do suite.equal(screen.clipped(row[1], row[2]), row[3], row[1]) end
end

local WORDS = { [0] = "0 s", [59999] = "59 s", [60000] = "1 min 00 s", [3599000] = "59 min 59 s", [7500000] = "2 h 05 min" }

local function words()
  for milliseconds, want in pairs(WORDS) do suite.equal(show.time_words(milliseconds), want) end
end

return suite.run("show", {
  { "draws", draws }, { "tells times of others", tells_times_of_others }, { "goes on", goes_on }, { "keeps above", keeps_above },
  { "follows the width", follows_the_width },
  { "shows a part", shows_a_part }, { "obeys nothing", obeys_nothing }, { "tells plainly", tells_plainly }, { "ends", ends },
  { "prints logs", prints_logs }, { "tells machines", tells_machines }, { "is quiet", is_quiet }, { "clips", clips }, { "words", words },
})
