-- What is told of a batch while it goes on, and at its end: on a terminal a line that is written over, to machines JSON lines.
--
--   12,345 targets (41%), 8,230 a second, 3 with errors, 2 s left
--
-- Which part of the rows is done is known where they come from a file: rows of a pipe cannot be counted before.
local engine = require "engine.http"
local host = require "engine.host"

local progress = {}

local Progress = {}
Progress.__index = Progress

local EVERY = { bar = 100, json = 1000 } -- milliseconds

local function grouped(number)
  local text = ("%d"):format(number):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function time_words(seconds)
  if seconds < 100 then return ("%d s"):format(seconds) end
  if seconds < 100 * 60 then return ("%d min"):format((seconds + 59) // 60) end
  return ("%d h"):format((seconds + 3599) // 3600)
end

-- Whole seconds until the end, if it goes on as before; nil while nobody can say.
local function left_of(done, elapsed)
  if not done or done <= 0 or elapsed < 500 then return nil end
  return math.ceil(elapsed * (1 - done) / done / 1000)
end

local function line_of(counts, done, rate, left)
  local parts = { grouped(counts.targets) .. " targets" }
  if done then parts[1] = ("%s (%d%%)"):format(parts[1], math.floor(done * 100)) end
  parts[2] = grouped(rate) .. " a second"
  if counts.faulty > 0 then parts[#parts + 1] = grouped(counts.faulty) .. " with errors" end
  if left then parts[#parts + 1] = time_words(left) .. " left" end
  return table.concat(parts, ", ")
end

local function json_of(counts, done, rate, left)
  local text = ('{"progress":{"targets":%d,"rendered":%d,"failed":%d,"withheld":%d,"rate":%d'):format(counts.targets,
    counts.rendered, counts.failed, counts.withheld, rate)
  if done then text = ('%s,"done":%.3f'):format(text, done) end
  if left then text = ('%s,"left":%d'):format(text, left) end
  return text .. "}}\n"
end

-- tell(counts, done): shows how far it is, if it is time to. `done` is a part from 0 to 1, or nil.
function Progress:tell(counts, done)
  local now = engine.now()
  if self.how == "none" or now - self.told < EVERY[self.how] then return end
  self.told = now
  local elapsed = math.max(1, now - self.start)
  local rate, left = counts.targets * 1000 // elapsed, left_of(done, elapsed)
  if self.how == "json" then return host.message(json_of(counts, done, rate, left)) end
  host.message("\r" .. line_of(counts, done, rate, left) .. "\27[K")
  self.shown = true
end

-- hide(): takes the line away, for something else to be printed.
function Progress:hide()
  if self.shown then host.message "\r\27[K" end
  self.shown = false
end

local function json_summary(counts, ended)
  local line = '{"summary":{"targets":%d,"rendered":%d,"failed":%d,"withheld":%d,"objects":%d,"errors":%d,"warnings":%d,'
    .. '"interrupted":%s,"stopped":%s}}\n'
  return line:format(counts.targets, counts.rendered, counts.failed, counts.withheld, counts.objects, counts.errors, counts.warnings,
    ended.interrupted, ended.limited)
end

-- counted(counts, words [, ended]) -> one line about all of it, with the words of `start`
function progress.counted(counts, words, ended)
  local parts = { ("%s of %s targets %s"):format(grouped(counts.rendered), grouped(counts.targets), words[1]) }
  if counts.failed > 0 then parts[#parts + 1] = grouped(counts.failed) .. " failed" end
  if counts.withheld > 0 then parts[#parts + 1] = grouped(counts.withheld) .. " " .. words[2] end
  if ended and ended.interrupted then parts[#parts + 1] = "interrupted" end
  if ended and ended.closed then parts[#parts + 1] = "and nobody reads on" end
  if ended and ended.limited then parts[#parts + 1] = "stopped" end
  return ("moonstep: %s\n"):format(table.concat(parts, ", "))
end

-- summary(counts, ended): one line about all of it; `ended` is engine.workers's.
function Progress:summary(counts, ended)
  if self.report.quiet and self.how ~= "json" then return end
  local as_json = self.how == "json" or self.report.format == "ndjson"
  host.message(as_json and json_summary(counts, ended) or progress.counted(counts, self.words, ended))
end

-- start(how, report, words): `how` is "bar", "json" or "none"; words say what became of targets that are all right, and of those that are
-- not and did not fail.
function progress.start(how, report, words)
  local now = engine.now()
  return setmetatable({ how = how, report = report, start = now, told = now, words = words }, Progress)
end

return progress
