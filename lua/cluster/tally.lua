-- What is told of a batch while its Jobs run on a cluster: on a terminal how far all is, and a line for each target that runs,
--
--   all targets  running  1 min 20 s  128 of 200 have ended, 3 of them failed, about 45 s left
--   shop/orders  running        12 s  dump-0
--
-- elsewhere a line for each target that has ended. With options.logs what steps print goes to standard output, `[shop/orders dump-0] line`.
-- To machines (format = "ndjson") each is a JSON object: {"target", "state", "step"}, {"target", "step", "log"}, {"target", "end",
-- "seconds", "message", "hint"}, {"say"}, and at the end {"summary"}; with progress = "json" there is {"progress"} every second.
--
--   local tally = tallies.start(options, { total, counts })        counts: how many have ended, by how: the queue's, which
--                                                                has counted an end before it is told here
--   local shown = tally:target(title)                              for cluster.target, which tells it what run.show is told
--   shown:finish(outcome)
--   tally:tick()               every second or more often
--   tally:say(text)
--   tally:summary(stopped)                                         `stopped`: "interrupted", or nil
--
-- Options: report (base.diag's; it is told what failed, and so knows the exit status), logs, quiet, format, progress.
local diag = require "base.diag"
local emit = require "engine.emit"
local engine = require "engine.http"
local host = require "engine.host"
local screen = require "run.screen"
local secret = require "engine.secret"
local show = require "run.show"

local tallies = {}

local Tally, Shown = {}, {}
Tally.__index, Shown.__index = Tally, Shown

local EVERY = 1000 -- milliseconds between lines of progress to machines
local ALL = "all targets"
local ROOM = 60 -- columns beside the name for how far all is
local FIELDS = { "target", "state", "step", "log", "end", "seconds", "message", "hint", "say", "progress", "summary", "targets", "complete",
  "failed", "running", "left", "interrupted" }

local function tell(self, record)
  self.emitter = self.emitter or emit.new(FIELDS)
  host.message(diag.quiet_json(self.emitter:json(record)) .. "\n")
end

-- How many have come to which end.
local function counted(self)
  local all = 0
  for _, number in pairs(self.counts) do all = all + number end
  local complete = self.counts.complete or 0
  return all, complete, all - complete
end

-- --- on a terminal

local function time_left(self, all, elapsed)
  local done = all - self.before
  if done < 1 or all >= self.total or elapsed < 2000 then return nil end
  return show.time_words(elapsed * (self.total - all) // done)
end

local function first_line(self, elapsed)
  local all, _, failed = counted(self)
  local parts = { ("%d of %d have ended"):format(all, self.total) }
  if failed > 0 then parts[2] = ("%d of them failed"):format(failed) end
  local left = time_left(self, all, elapsed)
  if left then parts[#parts + 1] = ("about %s left"):format(left) end
  return table.concat(parts, ", ")
end

local function line_of(title, width, since, rest)
  local name = screen.padded(title, width) .. "  "
  local time = show.time_words(engine.now() - since)
  return { text = (("%srunning  %10s  %s"):format(name, time, rest):gsub(" +$", "")), state = "running", at = #name }
end

-- Where names leave no room for how far all is, the first line is not lined up with them.
local function draw(self)
  local width = screen.width(ALL)
  for _, one in ipairs(self.running) do width = math.max(width, screen.width(one.title)) end
  local first = width + ROOM <= self.screen:columns() and width or 0
  local lines = { line_of(ALL, first, self.since, first_line(self, engine.now() - self.since)) }
  for _, one in ipairs(self.running) do
    lines[#lines + 1] = line_of(one.title, width, one.since, one.last and ("%s: %s"):format(one.step, one.last) or one.step or "")
  end
  self.screen:draw(lines)
end

local function print_line(self, line)
  if self.screen then self.screen:above(line) else host.message(line) end
end

-- --- of one target

function Shown:state(step, state, about)
  if state == "running" then self.step, self.last = diag.visible(step), nil
  elseif state == "waiting" and about and about.reason then self.step, self.last = diag.visible(step), diag.visible(about.reason) end
  local tally = self.tally
  if state == "running" and tally.format == "ndjson" then tell(tally, { target = self.title, state = state, step = step }) end
  if tally.screen then tally.screen:changed() end
end

function Shown:log(step, line)
  local tally = self.tally
  line = secret.mask(show.plain(line))
  self.last = diag.visible(line)
  if not tally.logs then return end
  if tally.format == "ndjson" then return tell(tally, { target = self.title, step = step, log = line }) end
  show.print_log(tally, ("[%s %s] %s\n"):format(self.title, diag.visible(step), self.last))
end

function Shown:say(text) self.tally:say(text) end

function Shown.tick() end -- the tally's own

-- again(number, most): it has failed, and is tried again.
function Shown:again(number, most)
  self.tally:say(("%s has failed; it is tried again (%d of %d)"):format(self.title, number, most))
end

local function tell_failure(self, outcome)
  local tally, kind = self.tally, show.ENDS[outcome.status]
  if tally.screen then tally.screen:hide() end
  for _, line in ipairs(outcome.said and tally.format ~= "ndjson" and outcome.said.lines or {}) do
    host.message(("[%s %s] %s\n"):format(self.title, diag.visible(outcome.said.step), line))
  end
  local words = outcome.message or ("it %s%s"):format(kind.words, outcome.reason and (" (%s)"):format(outcome.reason) or "")
  tally.report:add { rule = kind.rule, severity = "error", trouble = kind.trouble, hint = outcome.hint,
    message = ("%s: %s"):format(self.title, words) }
  if tally.screen then tally.screen:changed() end
end

function Shown:finish(outcome)
  local tally = self.tally
  for i, one in ipairs(tally.running) do
    if one == self then table.remove(tally.running, i) break end
  end
  if tally.format == "ndjson" then
    tell(tally, { target = self.title, ["end"] = outcome.status, seconds = outcome.seconds,
      message = outcome.message and secret.mask(outcome.message), hint = outcome.hint })
  end
  if outcome.status ~= "complete" then return tell_failure(self, outcome) end
  if tally.format == "ndjson" or tally.quiet then return end
  if tally.screen then return tally.screen:changed() end
  host.message(("%s: complete after %s\n"):format(self.title, show.time_words(outcome.seconds * 1000)))
end

-- --- of all

function Tally:target(title)
  local one = setmetatable({ tally = self, title = title, since = engine.now() }, Shown)
  table.insert(self.running, one)
  if self.screen then self.screen:changed() end
  return one
end

-- say(text): one line; the same is not said twice in a row, as all targets hear of the same troubles.
function Tally:say(text)
  if text == self.said then return end
  self.said = text
  if self.format == "ndjson" then return tell(self, { say = secret.mask(text) }) end
  if not self.quiet then print_line(self, ("moonstep: %s\n"):format(diag.visible(text))) end
end

local function progress(self)
  local all, complete, failed = counted(self)
  return { targets = self.total, complete = complete, failed = failed, running = #self.running, left = self.total - all }
end

function Tally:tick()
  local now = engine.now()
  if self.screen and self.screen:due() then draw(self) end
  if self.progress == "json" and now - self.told >= EVERY then
    self.told = now
    tell(self, { progress = progress(self) })
  end
end

-- summary(stopped)
function Tally:summary(stopped)
  if self.screen then
    draw(self)
    self.screen:leave()
  end
  local all, complete, failed = counted(self)
  if self.format == "ndjson" or self.progress == "json" then
    local record = progress(self)
    record.interrupted, record.seconds = stopped == "interrupted", (engine.now() - self.since) // 1000
    return tell(self, { summary = record })
  end
  if self.quiet then return end
  local parts = { ("%d of %d targets are complete"):format(complete, self.total) }
  if failed > 0 then parts[#parts + 1] = ("%d failed"):format(failed) end
  if all < self.total then parts[#parts + 1] = ("%d have not ended"):format(self.total - all) end
  parts[#parts + 1] = stopped
  host.message(("moonstep: %s, after %s\n"):format(table.concat(parts, ", "), show.time_words(engine.now() - self.since)))
end

function tallies.start(options, of)
  local now = engine.now()
  local self = setmetatable({ report = options.report, logs = options.logs, quiet = options.quiet, format = options.format,
    progress = options.progress, total = of.total, counts = of.counts, running = {}, since = now, told = now }, Tally)
  self.before = counted(self)
  if options.screen ~= nil then self.screen = options.screen or nil
  elseif not options.quiet and options.format ~= "ndjson" and options.progress ~= "json" and options.progress ~= "none" then
    self.screen = screen.open()
  end
  if self.screen then draw(self) end
  return self
end

return tallies
