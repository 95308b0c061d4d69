-- Targets in flight: while one waits for a server, others go on. What comes of them is taken in their order, as if each had been done after
-- the other; scripts, which cannot change anything that others see, cannot tell.
--
--   each ─ launch ─ (resume ─ wait) … ─ land, in order
--
-- Who waits yields what it waits for (engine.flight): an exchange or a time (engine.http), or a request of another flight that will answer
-- it too: a table that gets `ready`, the time when that is over.
local engine = require "engine.flight"
local http = require "engine.http"
local running = require "scripts.running"

local flights = {}

local MOST = 128 -- in flight at once
local LONGEST = 1000 -- milliseconds for which nothing needs to be looked at
local GLANCE = 20 -- milliseconds after which exchanges are looked at while flights keep this process busy

-- --- waiting

local function wait_for(self, flight, what)
  if type(what) == "userdata" then self.exchanges[what] = flight
  elseif type(what) == "number" then self.sleeping[#self.sleeping + 1] = { flight = flight, ready = what }
  else self.sleeping[#self.sleeping + 1] = { flight = flight, on = what } end
end

-- Nobody waits for a flight that has ended, whatever ended it.
local function release(flight)
  for request in pairs(flight.running.leads) do request.ready = http.now() end
end

-- An exchange is over when that is seen: until then its flight is charged, even for the time that other flights take. So it is looked at
-- between those.
local function glance(self)
  local now = http.now()
  if now - self.looked < GLANCE or not next(self.exchanges) then return end
  http.advance(0)
  self.looked = now
end

-- Lets a flight go on. What it says before it is its turn is kept.
local function resume(self, flight, ready)
  local now = running.now
  if self.how.at then self.how.at(flight.item) end
  running.now, self.report.held = flight.running, flight ~= self.queue[self.first] and flight.messages or nil
  local ended, what = engine.resume(flight.work, ready)
  flight.running, running.now, self.report.held = running.now, now, nil
  flight.ended = ended
  if ended then release(flight) else wait_for(self, flight, what) end
  glance(self)
end

-- When a sleeper may go on; nil when that is not known.
local function ready_at(sleeper) return sleeper.ready or sleeper.on.ready end

-- Lets those go on whose time has come. They may sleep again.
local function wake(self)
  local before, now = self.sleeping, http.now()
  self.sleeping = {}
  for _, sleeper in ipairs(before) do
    local ready = ready_at(sleeper)
    if ready and ready <= now then resume(self, sleeper.flight, ready) else self.sleeping[#self.sleeping + 1] = sleeper end
  end
end

-- Milliseconds until the first sleeper's time.
local function patience(self)
  local now, least = http.now(), LONGEST
  for _, sleeper in ipairs(self.sleeping) do least = math.min(least, math.max(0, (ready_at(sleeper) or math.huge) - now)) end
  return least
end

-- Those that have finished, each with when. More may finish while they go on, but sleepers want their turn, too.
local function all_finished()
  local finished = {}
  for exchange, ready in http.finished do finished[#finished + 1] = { exchange, ready } end
  return finished
end

-- Waits until something can go on, and lets it.
local function go_on(self)
  local finished = all_finished()
  if not finished[1] then
    http.advance(patience(self))
    self.looked = http.now()
    finished = all_finished()
  end
  for _, each in ipairs(finished) do
    local flight = self.exchanges[each[1]]
    self.exchanges[each[1]] = nil
    if flight then resume(self, flight, each[2]) end
  end
  if self.sleeping[1] then wake(self) end
end

-- --- a flight from its start to its end

local function launch(self, item)
  local flight = { item = item, messages = {}, running = running.now }
  flight.work = engine.new(function() flight.made = self.how.make(item) end)
  self.last = self.last + 1
  self.queue[self.last] = flight
  self.groups[self.how.group(item)] = true
  resume(self, flight)
end

-- Takes what came of the flights that have ended, as far as their turn has come.
local function land(self)
  while self.first <= self.last do
    local flight = self.queue[self.first]
    for _, message in ipairs(flight.messages) do self.report:add(message) end
    flight.messages = {}
    if not flight.ended then return end
    running.now = flight.running
    engine.land(flight.work)
    self.how.finish(flight.item, flight.made)
    self.groups[self.how.group(flight.item)] = nil
    self.queue[self.first] = nil
    self.first = self.first + 1
  end
end

-- each(items, how, report): how.make(item) is called for every item, and may wait; what it returned goes to how.finish(item, made), one
-- after the other in the order of the items, as messages go to the report. Of those that have one how.group(item), one is begun when the
-- one before is finished. how.at(item), if given, is told which item goes on; how.most, if given, are in flight at most.
function flights.each(items, how, report)
  local self = { how = how, report = report, queue = {}, first = 1, last = 0, groups = {}, exchanges = {}, sleeping = {},
    looked = 0 }
  for _, item in ipairs(items) do
    while self.last - self.first + 1 >= (how.most or MOST) or self.groups[how.group(item)] do
      go_on(self)
      land(self)
    end
    launch(self, item)
    land(self)
  end
  while self.first <= self.last do
    go_on(self)
    land(self)
  end
end

return flights
