-- What is told of a Job while it runs, here or on a cluster. On a terminal a line a step, drawn over again in place:
--
--   dump-0           done      12 s  42 tables dumped
--   restic-1         running    3 s  [0:02] 45.20%  12 files
--   update-status-2  waiting
--
-- and elsewhere a line for each thing that happens. With options.logs all that steps print goes to standard output, `[dump-0] line`;
-- the rest goes to standard error. To machines (format = "ndjson") each state, line and end is a JSON object: {"step", "state", "code",
-- "reason"}, {"step", "log"}, {"say"}, {"end"}.
--
--   local shown = show.start(options, { { name, image, kind = "init" | "main" }, … })
--   shown:state(name, "waiting" | "running" | "done" | "failed" | "skipped", { code, reason, seconds })   the second table may be left
--                              out; seconds: how long it has taken, where that is known better than by when it was told
--   shown:log(name, line)      a line that the step printed
--   shown:say(text)            something to be read beside the steps
--   shown:tick()               while nothing happens, so that times go on: every second or more often
--   shown:finish { status = "complete" | "failed" | "timeout" | "cancelled" | "not-started", reason, message, hint, rule = of the message,
--                  seconds = as above, severity = of the message, where it is no error }
--
-- Options: report (base.diag's; it is told what went wrong, and so knows the exit status), logs, quiet, format, title (of what runs).
-- Names and lines come from anywhere: no terminal obeys them, and known secrets are masked.
local diag = require "base.diag"
local emit = require "engine.emit"
local engine = require "engine.http"
local host = require "engine.host"
local prompt = require "engine.prompt"
local screen = require "run.screen"
local secret = require "engine.secret"

local show = {}

local Shown = {}
Shown.__index = Shown

local MOST_BYTES = 3000 -- of a log line that are printed in one
local KEPT = 15 -- last lines of a step that failed, which are shown at the end
local ENDED = { done = true, failed = true, skipped = true }

-- --- texts

-- A line of a log as text: without colours, and of what was written over in place the last.
local function plain(line)
  line = line:gsub("\r+$", ""):match "[^\r]*$"
  return (line:gsub("\27%[[%d;:?]*%a", ""):gsub("\t", "    "))
end
show.plain = plain

-- 12 s, 3 min 20 s, 2 h 05 min
local function time_words(milliseconds)
  local seconds = milliseconds // 1000
  if seconds < 60 then return ("%d s"):format(seconds) end
  if seconds < 3600 then return ("%d min %02d s"):format(seconds // 60, seconds % 60) end
  return ("%d h %02d min"):format(seconds // 3600, seconds // 60 % 60)
end
show.time_words = time_words

-- What there is to say of an end: "exit status 3, OOMKilled".
local function detail_words(step)
  local parts = {}
  if step.code and (step.code ~= 0 or step.state == "failed") then parts[1] = "exit status " .. step.code end
  if step.reason then parts[#parts + 1] = diag.visible(step.reason) end
  return table.concat(parts, ", ")
end

-- state_words { state, code, reason }, milliseconds or nil -> "failed after 12 s, exit status 3"
local function state_words(step, time)
  local detail = detail_words(step)
  return ("%s%s%s"):format(step.state, ENDED[step.state] and time and " after " .. time_words(time) or "", detail ~= "" and ", " .. detail
    or "")
end
show.state_words = state_words

local function elapsed(self, step) return step.since and (step.ended or self.clock()) - step.since end

-- --- on a terminal

local function line_of(self, step)
  local time = elapsed(self, step)
  local detail, last = detail_words(step), step.last and diag.visible(step.last) or ""
  local rest = detail ~= "" and last ~= "" and detail .. ": " .. last or detail .. last
  local name = screen.padded(step.shown, self.width) .. "  "
  local line = ("%s%-7s  %6s  %s"):format(name, step.state, time and time_words(time) or "", rest)
  return { text = (line:gsub(" +$", "")), state = step.state, at = #name }
end

local function draw(self)
  local lines = {}
  for i, step in ipairs(self.steps) do lines[i] = line_of(self, step) end
  self.screen:draw(lines)
end

-- --- as JSON

local FIELDS = { "step", "state", "code", "reason", "log", "say", "end", "message", "hint" }

local function tell(self, record)
  self.emitter = self.emitter or emit.new(FIELDS)
  host.message(diag.quiet_json(self.emitter:json(record)) .. "\n")
end

-- --- what is told

-- A line beside the steps, above those that a terminal shows.
local function print_line(self, line)
  if self.screen then self.screen:above(line) else host.message(line) end
end

-- state(name, state [, { code, reason, seconds }])
function Shown:state(name, state, about)
  local step = self.named[name]
  local code, reason = about and about.code, about and about.reason
  if step.state == state and step.code == code and step.reason == reason then return end
  if state == "waiting" then step.since, step.ended, step.last, step.tail = nil, nil, nil, {}
  elseif not step.since and state ~= "skipped" then step.since = self.clock() end
  if ENDED[state] then step.ended = self.clock() end
  if step.since and about and about.seconds then step.since = (step.ended or self.clock()) - 1000 * about.seconds end
  local before = step.state
  step.state, step.code, step.reason = state, code, reason
  if self.format == "ndjson" then
    return tell(self, { step = name, state = state, code = code, reason = reason and secret.mask(reason) })
  end
  if self.screen then return draw(self) end
  if self.quiet or state == "waiting" and not reason or before == state and state ~= "waiting" then return end
  host.message(("%s: %s\n"):format(step.shown, state_words(step, elapsed(self, step))))
end

-- print_log(self, text): standard output whose reader went away is no error: it has seen enough. A disk that is full is one, and the Job
-- goes on. `self` has a report, and a screen or none.
function show.print_log(self, text)
  if self.closed then return end
  if self.screen then self.screen:hide() end
  local printed, why = prompt.print(text)
  self.closed = not printed
  if self.screen then self.screen:changed() end
  if why then
    self.report:add { rule = "unwritable", severity = "error", trouble = true,
      message = "what steps print cannot be written to standard output: " .. why }
  end
end

-- log(name, line): without the line's end.
function Shown:log(name, line)
  local step = self.named[name]
  line = secret.mask(plain(line))
  if line ~= "" then
    step.last = line:sub(1, MOST_BYTES)
    table.insert(step.tail, step.last)
    if #step.tail > KEPT then table.remove(step.tail, 1) end
  end
  if self.format == "ndjson" then return self.logs and tell(self, { step = name, log = line }) end
  if self.logs then
    for at = 1, math.max(1, #line), MOST_BYTES do
      show.print_log(self, ("[%s] %s\n"):format(step.shown, diag.visible(line:sub(at, at + MOST_BYTES - 1))))
    end
  elseif self.screen then self.screen:changed() end
  self:tick()
end

-- say(text): one line.
function Shown:say(text)
  if self.format == "ndjson" then return tell(self, { say = secret.mask(text) }) end
  if not self.quiet then print_line(self, ("moonstep: %s\n"):format(diag.visible(text))) end
end

-- tick(): draws what is on the terminal again, if that is due.
function Shown:tick()
  if self.screen and self.screen:due() then draw(self) end
end

-- The last lines of steps that failed, where they were not printed already.
local function show_tails(self)
  for _, step in ipairs(self.steps) do
    if step.state == "failed" and not self.logs and step.tail[1] and self.format ~= "ndjson" then
      host.message(("%s said last:\n"):format(step.shown))
      for _, line in ipairs(step.tail) do host.message(("    %s\n"):format(diag.visible(line))) end
    end
  end
end

-- The rule of what went wrong, its words where nobody gave any, and whether it kept the Job from being run at all.
show.ENDS = {
  failed = { rule = "job-failed", words = "failed" },
  timeout = { rule = "job-timeout", words = "was ended, since it took too long" },
  cancelled = { rule = "job-cancelled", words = "was interrupted" },
  ["not-started"] = { rule = "job-not-started", words = "could not be started", trouble = true },
}

-- finish(outcome): leaves the steps as they are, and tells the end.
function Shown:finish(outcome)
  local status, time = outcome.status, time_words(outcome.seconds and 1000 * outcome.seconds or self.clock() - self.began)
  if self.screen then
    draw(self)
    self.screen:leave()
  end
  if self.format == "ndjson" then
    local message = outcome.message and secret.mask(outcome.message)
    tell(self, { ["end"] = status, reason = outcome.reason, message = message, hint = outcome.hint })
  end
  if status == "complete" then
    if not self.quiet and self.format ~= "ndjson" then
      local count = #self.steps
      host.message(("moonstep: %s is complete: %d step%s in %s\n"):format(self.title, count, count == 1 and "" or "s", time))
    end
    return
  end
  show_tails(self)
  local kind = show.ENDS[status]
  local reason = outcome.reason and (" (%s)"):format(outcome.reason) or ""
  self.report:add { rule = outcome.rule or kind.rule, severity = outcome.severity or "error", trouble = kind.trouble, hint = outcome.hint,
    message = outcome.message or ("%s %s after %s%s"):format(self.title, kind.words, time, reason) }
end

-- start(options, steps) -> what is told. For tests, options.screen is a terminal (run.screen) or false; options.clock gives milliseconds.
function show.start(options, steps)
  local self = setmetatable({ steps = {}, named = {}, width = 0, report = options.report, logs = options.logs, quiet = options.quiet,
    format = options.format, title = diag.visible(options.title or "the Job"), clock = options.clock or engine.now }, Shown)
  self.began = self.clock()
  for i, step in ipairs(steps) do
    local each = { name = step.name, shown = diag.visible(step.name), kind = step.kind, image = step.image, state = "waiting", tail = {} }
    self.steps[i], self.named[step.name] = each, each
    self.width = math.max(self.width, screen.width(each.shown))
  end
  if options.screen ~= nil then self.screen = options.screen or nil
  elseif not options.quiet and options.format ~= "ndjson" then self.screen = screen.open() end
  if self.screen then draw(self) end
  return self
end

return show
