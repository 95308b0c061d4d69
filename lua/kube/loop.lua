-- Work that waits for a cluster, side by side: watches, logs and timers, which all wait in one place and cost nothing while they do.
--
--   local self = loop.new()
--   self:spawn(function) -> task      it begins at once; what it raises, is raised where the loop turns
--   self:wait(check [, deadline])     -> what check() gave, as soon as that is something; nil when the deadline is over
--   self:sleep(milliseconds)
--   self:cancel(task)
--
-- Whoever waits in a task lets the others go on; who waits outside of one turns the loop meanwhile. Deadlines are milliseconds of
-- loop.now().
-- A check is asked again whenever anything happened. Interrupts, once self:heed_interrupts() was called, are raised as loop.INTERRUPTED
-- where
-- the loop turns.
local calls = require "engine.calls"
local flight = require "engine.flight"
local http = require "engine.http"

local loop = { INTERRUPTED = {}, now = http.now }

local LONGEST = 60000 -- milliseconds for which nothing needs to be looked at

local Loop = {}
Loop.__index = Loop

-- --- tasks

local function resume(self, task)
  local before = self.current
  self.current = task
  local ended, what = flight.resume(task.work)
  self.current = before
  task.ended = ended
  if ended then self.tasks[task] = nil
  elseif type(what) == "number" then task.check, task.deadline = nil, what -- a pause of kube.plugin's
  else task.check, task.deadline = what.check, what.deadline end
end

-- Lets a task go on if what it waits for is there. Returns whether it did.
local function try(self, task)
  local found = task.check and task.check()
  if not found and not (task.deadline and task.deadline <= loop.now()) then return false end
  task.found = found
  resume(self, task)
  return true
end

-- Tasks in the order in which they began: what one of them finds does not depend on addresses.
local function in_order(self)
  local all = {}
  for task in pairs(self.tasks) do all[#all + 1] = task end
  table.sort(all, function(a, b) return a.number < b.number end)
  return all
end

local function go_on(self)
  local moved = false
  for _, task in ipairs(in_order(self)) do
    if self.tasks[task] and try(self, task) then moved = true end
  end
  return moved
end

-- spawn(function) -> task
function Loop:spawn(f)
  self.count = self.count + 1
  local task = { number = self.count, work = flight.new(f) }
  self.tasks[task] = true
  resume(self, task)
  return task
end

-- cancel(task): it is not resumed any more.
function Loop:cancel(task) self.tasks[task] = nil end

-- --- waiting

local function patience(self, deadline)
  local least = deadline or math.huge
  for task in pairs(self.tasks) do least = math.min(least, task.deadline or math.huge) end
  return math.floor(math.max(0, math.min(least - loop.now(), LONGEST)))
end

-- Once round: who can go on does, and if nobody can, waits for something to happen.
local function turn(self, deadline)
  local moved = go_on(self)
  self.calls:advance(moved and 0 or patience(self, deadline))
  if self.heeds and calls.interrupted() then error(loop.INTERRUPTED, 0) end
end

-- wait(check [, deadline])
function Loop:wait(check, deadline)
  local found = check()
  if found then return found end
  local task = self.current
  if task then
    flight.wait { check = check, deadline = deadline }
    return task.found
  end
  repeat
    turn(self, deadline)
    found = check()
  until found or (deadline and deadline <= loop.now())
  return found
end

local function never() return nil end

function Loop:sleep(milliseconds) self:wait(never, loop.now() + milliseconds) end

-- finish(task): waits until it has ended.
function Loop:finish(task) self:wait(function() return task.ended end) end

-- heed_interrupts(): they are ours from here on.
function Loop:heed_interrupts()
  self.calls:heed_interrupts()
  self.heeds = true
end

-- new() -> loop
function loop.new() return setmetatable({ calls = calls.open(), tasks = {}, count = 0 }, Loop) end

return loop
