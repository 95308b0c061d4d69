-- What is told of a batch while it goes on, and at its end: on a terminal a line that is written over, to machines JSON lines.
local engine = require "engine.http"
local host = require "engine.host"

local progress = {}

local Progress = {}
Progress.__index = Progress

local EVERY = { bar = 200, json = 1000 } -- milliseconds

local function grouped(number)
  local text = ("%d"):format(number):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function line_of(counts, rate)
  local text = ("%s targets, %s a second"):format(grouped(counts.targets), grouped(rate))
  return counts.failed > 0 and ("%s, %s failed"):format(text, grouped(counts.failed)) or text
end

-- tell(counts): shows how far it is, if it is time to.
function Progress:tell(counts)
  local now = engine.now()
  if self.how == "none" or now - self.told < EVERY[self.how] then return end
  self.told = now
  local rate = (counts.targets * 1000) // math.max(1, now - self.start)
  if self.how == "bar" then
    host.message("\r" .. line_of(counts, rate) .. "\27[K")
    self.shown = true
  else
    host.message(('{"progress":{"targets":%d,"rendered":%d,"failed":%d,"withheld":%d,"rate":%d}}\n'):format(counts.targets, counts.rendered,
      counts.failed, counts.withheld, rate))
  end
end

-- finish(): takes the line away.
function Progress:finish()
  if self.shown then host.message "\r\27[K" end
end

-- summary(counts, interrupted): one line about all of it.
function Progress:summary(counts, interrupted)
  if self.report.quiet then return end
  if self.report.format == "ndjson" then
    local line = '{"summary":{"targets":%d,"rendered":%d,"failed":%d,"withheld":%d,"objects":%d,"errors":%d,"warnings":%d,'
      .. '"interrupted":%s}}\n'
    host.message(line:format(counts.targets, counts.rendered, counts.failed, counts.withheld, counts.objects, counts.errors,
      counts.warnings, interrupted))
    return
  end
  local parts = { ("%s of %s targets rendered"):format(grouped(counts.rendered), grouped(counts.targets)) }
  if counts.failed > 0 then parts[#parts + 1] = grouped(counts.failed) .. " failed" end
  if counts.withheld > 0 then parts[#parts + 1] = grouped(counts.withheld) .. " withheld" end
  if interrupted then parts[#parts + 1] = "interrupted" end
  host.message(("moonstep: %s\n"):format(table.concat(parts, ", ")))
end

-- start(how, report): `how` is "bar", "json" or "none".
function progress.start(how, report)
  local now = engine.now()
  return setmetatable({ how = how, report = report, start = now, told = now }, Progress)
end

return progress
