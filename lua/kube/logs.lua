-- What a container prints, followed to its end.
--
--   log = logs.follow(connection, { namespace, pod, container, is_over, after }, on_line [, on_refusal])      log.task is of the loop
--   log:stop()
--
-- on_line(text) is called for each line, once and in order. is_over() says whether the container has ended, which who watches its Pod
-- knows.
-- Streams end when a log is rotated, a node or the API server restarts, a connection breaks: then it goes on from the last line, by its
-- time.
-- The server gives all lines of that second again, and those that were told are left out: lines have times of nanoseconds, and of lines
-- with
-- one time it is counted how many were told. A line that breaks off comes again whole. When the container is over and its stream has come
-- to
-- its end, it is asked for once more, so that nothing is lost that a rotation cut off.
-- It begins when after(), if given, is true, or a little later.
local connection = require "kube.connection"
local freshness = require "scripts.freshness"
local loop = require "kube.loop"
local refusal = require "kube.refusal"

local logs = {}

local Log = {}
Log.__index = Log

local MOST_LINE = 64 << 10 -- bytes; what is longer is told in parts
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

-- Takes a line. Those that were told before are passed over: earlier ones, and as many of the last time as were told.
local function take(self, line, fresh)
  local at, rest, since = stamp(line)
  if not at then return self.on_line(line) end -- what a node says when it cannot read a log
  if self.last and at < self.last then return end
  if at == self.last then
    fresh.same = fresh.same + 1
    if fresh.same <= self.same then return end
    self.same = self.same + 1
  else
    self.last, self.same, self.since = at, 1, since
    fresh.same = 1
  end
  self.on_line(rest)
end

-- Reads a stream to its end. Returns true when that came as it should.
local function read_lines(self, call)
  local fresh, within = { same = 0 },
    false -- how many lines of the last time this stream has given; whether the next text belongs to a line
  while true do
    local text, whole = self.connection:read_line(call)
    if not text then return call:answer() ~= nil end
    local broken = not whole and call:done() and not call:answer()
    if within then self.on_line(text)
    elseif not broken then take(self, text, fresh) end
    within = not whole
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
