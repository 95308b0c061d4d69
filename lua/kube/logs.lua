-- What a container prints, followed to its end.
--
--   log = logs.follow(connection, { namespace, pod, container, is_over, after }, on_line [, on_refusal])      log.task is of the loop
--   log:stop()
--
-- on_line(text) is called for each line, once and in order; a line of more than 64 KiB comes in parts. is_over() says whether the container
-- has ended, which who watches its Pod knows.
-- Streams end when a log is rotated, a node or the API server restarts, a connection breaks: then it goes on from the last line, by its
-- time. The server gives all lines of that second again, and those that were told are left out: lines have times of nanoseconds, and of
-- lines with one time it is counted how many were told. A line that breaks off comes again whole; of one that was told in part, the rest
-- is. When the container is over and its stream has come to its end, it is asked for once more, so that nothing is lost that a rotation
-- cut off.
-- It begins when after(), if given, is true, or a little later.
local connection = require "kube.connection"
local freshness = require "scripts.freshness"
local loop = require "kube.loop"
local refusal = require "kube.refusal"

local logs = {}

local Log = {}
Log.__index = Log

local MOST_LINE = 64 << 10 -- bytes; what is longer is told in parts
local PIECE = 16 << 10 -- bytes of a piece of a long line
local LONGEST_TIME = 36 -- bytes, with the blank behind it
local MOST_FAILURES = 8 -- one after the other, of a container that is over
local MOST_WAIT = 2000 -- milliseconds that a stream's end is ahead of what its Pod says

-- stamp(line) -> a time as text that compares as times do, the rest of the line | nil for a line without a time
local function stamp(line)
  local time, fraction, zone, rest = line:match "^(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d)%.?(%d*)([Z+-][%d:]*) ?(.*)$"
  local seconds = time and freshness.timestamp(time .. zone)
  if not seconds then return nil end
  return ("%011d.%s"):format(seconds, (fraction .. "000000000"):sub(1, 9)), rest, time .. zone
end
logs.stamp = stamp

local function path_of(wanted)
  return ("/api/v1/namespaces/%s/pods/%s/log"):format(wanted.namespace, wanted.pod)
end

-- How many bytes of a line that begins in a stream were told before: of those before the last none are missing, nor of as many of its time
-- as were told, but what of the last one was not.
local function told_of(self, at, since, stream)
  if not at then return 0 end -- what a node says when it cannot read a log
  if self.last and at < self.last then return math.huge end
  stream.same = at == self.last and stream.same + 1 or 1
  if at == self.last and stream.same < self.same then return math.huge end
  if at == self.last and stream.same == self.same then return self.whole and math.huge or self.bytes end
  self.last, self.same, self.since, self.bytes, self.whole = at, stream.same, since, 0, false
  return 0
end

-- A line's text without times within it: containerd and Docker write long lines in pieces, and older kubelets put a time before each.
-- stream.size is what there is of a piece.
local function without_times(stream, text)
  local parts, from = {}, 1
  while true do
    local next_piece = from + PIECE - stream.size
    parts[#parts + 1] = text:sub(from, next_piece - 1)
    if next_piece > #text then break end
    local time = text:sub(next_piece, next_piece + LONGEST_TIME)
    local _, rest = stamp(time)
    from, stream.size = next_piece + (rest and #time - #rest or 0), 0
  end
  stream.size = stream.size + #text - from + 1
  return table.concat(parts)
end

-- Takes a line, or a part of one; `ends` says that nothing more of it comes.
local function take(self, stream, text, ends)
  if not stream.within then
    local at, rest, since = stamp(text)
    stream.told, stream.counts, stream.size = told_of(self, at, since, stream), at ~= nil, 0
    text = rest or text
  end
  text = without_times(stream, text)
  local told = math.min(stream.told, #text)
  stream.told = stream.told - told
  if stream.counts and stream.told == 0 then self.bytes, self.whole = self.bytes + #text - told, ends end
  if told == 0 or told < #text then self.on_line(text:sub(told + 1)) end
end

-- Reads a stream to its end. Returns true when that came as it should.
local function read_lines(self, call)
  local stream = { same = 0, within = false } -- how many lines of the last time it has given; whether the next text belongs to a line
  while true do
    local text, whole = self.connection:read_line(call)
    if not text then return call:answer() ~= nil end
    local ends = whole or #text < MOST_LINE
    local broken = ends and not whole and not call:answer()
    if not broken then take(self, stream, text, ends) end
    stream.within = not ends
  end
end

-- What a refusal means: true when there is nothing more to come.
local function take_refusal(self, call)
  local answer = self.connection:refused(call)
  if answer.status == 403 or answer.status == 401 then
    self.on_refusal(refusal.of(self.connection, { method = "GET", path = path_of(self.wanted) }, answer))
    return true
  end
  self.connection:hold_for(answer.headers)
  self.failures = self.failures + 1
  return answer.status == 404 or answer.status == 400 and self.wanted.is_over()
end

-- One stream. Returns true when it is all that there was to read.
local function once(self)
  local was_over = self.wanted.is_over()
  local query = { container = self.wanted.container, follow = "true", timestamps = "true", sinceTime = self.since }
  local call = self.connection:stream { path = path_of(self.wanted), query = query, most = MOST_LINE }
  self.call = call
  local over
  if call:status() == 200 then
    local clean = read_lines(self, call)
    if clean then self.failures = 0 else self.failures = self.failures + 1 end
    over = clean and was_over
  else over = take_refusal(self, call) end
  call:close()
  return over
end

local function work(self)
  if self.wanted.after then self.connection.loop:wait(self.wanted.after, loop.now() + MOST_WAIT) end
  repeat
    local over = once(self)
    if not over and not self.wanted.is_over() then
      local pause = self.failures > 0 and connection.backoff(self.failures) or MOST_WAIT
      self.connection.loop:wait(self.wanted.is_over, loop.now() + pause)
    elseif not over and self.failures > 0 then self.connection.loop:sleep(connection.backoff(self.failures)) end
  until over or self.failures >= MOST_FAILURES and self.wanted.is_over()
end

-- stop(): no more lines are told.
function Log:stop()
  self.connection.loop:cancel(self.task)
  if self.call then self.call:close() end
end

-- on_refusal(message, hint), if given, is told that the log may not be read.
function logs.follow(its_connection, wanted, on_line, on_refusal)
  local self = setmetatable({ connection = its_connection, wanted = wanted, on_line = on_line, on_refusal = on_refusal or function() end,
    failures = 0, same = 0 }, Log)
  self.task = its_connection.loop:spawn(function() work(self) end)
  return self
end

return logs
