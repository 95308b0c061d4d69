-- Watches: what there is, and what becomes of it, for as long as somebody wants to know.
--
--   watch.start(connection, { path, query }, on) -> watcher      a task of the connection's loop
--     on.state(object)      it is there, or has changed; said once for each version of it. Where it returns false, the object is
--                           forgotten, and may be told again; what is kept of many is then what somebody wants
--     on.gone(object)       it is there no more; `object` as it was last
--     on.ready()            all that was there at the beginning has been told
--     on.trouble(message)   the cluster cannot be asked for the moment; on.fine() when it can again. Where nobody wants to hear that, it
--                           is raised when it is so at the beginning
--   watcher:forget(object)  nobody wants to know of it any more, and it is not kept
--   watcher:stop()
--
-- It lists, and watches from the list's version on. A stream that ends, however it ends, goes on from the last version that was told, and
-- bookmarks move that on while nothing happens. Where the server has forgotten the version (410, also as an event of a stream), it lists
-- again, and tells the difference: nothing is lost, nothing is told twice. Half a line of a stream that broke off is no event: it comes
-- again. Versions are compared for being equal, never for their order. What is refused for good (401, 403, no such kind) is raised.
local connection = require "kube.connection"
local diag = require "base.diag"
local json = require "kube.json"
local list = require "kube.list"
local loop = require "kube.loop"
local value = require "base.value"

local watch = {}

local IDLE = 300 -- seconds: bookmarks come every minute, where the server has them
local MOST_LINE = 16 << 20 -- bytes of an event; an object has less than 2 MiB
local LIVED = 10000 -- milliseconds after which a stream's end is nothing bad

local Watcher = {}
Watcher.__index = Watcher

local function key_of(object)
  local metadata = object.metadata or {}
  return ("%s/%s/%s"):format(metadata.namespace or "", metadata.name or "", metadata.uid or "")
end

local function version_of(object) return value.get(object, "metadata", "resourceVersion") end

-- --- telling

local function tell_state(self, object)
  local key, version = key_of(object), version_of(object)
  if self.told[key] and self.told[key].version == version then return end
  self.told[key] = { version = version, object = object }
  if self.on.state(object) == false then self.told[key] = nil end
end

local function tell_gone(self, key, object)
  local before = self.told[key]
  if not before then return end
  self.told[key] = nil
  if self.on.gone then self.on.gone(object or before.object) end
end

local function is_fine(self)
  if self.troubled and self.on.fine then self.on.fine() end
  self.troubled = false
end

local function trouble(self, message)
  if not self.troubled and self.on.trouble then self.on.trouble(message) end
  self.troubled = true
end

-- --- the list, and what has changed since what was told

local function relist(self)
  local objects, version = list.all(self.connection, self.wanted.path, self.wanted.query)
  is_fine(self)
  local there = {}
  for _, object in ipairs(objects) do there[key_of(object)] = true end
  for _, key in ipairs(value.keys(self.told)) do
    if not there[key] then tell_gone(self, key) end
  end
  for _, object in ipairs(objects) do tell_state(self, object) end
  self.version = version
  if not self.is_ready then
    self.is_ready = true
    if self.on.ready then self.on.ready() end
  end
end

-- --- events

-- Takes an event. Returns false when the stream is of no use any more.
local function take(self, event)
  local object = type(event.object) == "table" and event.object or {}
  if event.type == "ERROR" then
    if object.code == 410 or object.reason == "Expired" or object.reason == "Gone" then self.version = nil
    else self.tries = self.tries + 1 end
    return false
  end
  if event.type == "ADDED" or event.type == "MODIFIED" then tell_state(self, object)
  elseif event.type == "DELETED" then tell_gone(self, key_of(object), object)
  elseif event.type ~= "BOOKMARK" then return true end
  self.version = version_of(object) or self.version
  self.tries = 0
  return true
end

-- Reads events to the end of the stream. Lines are whole, or not there yet.
local function read_events(self, call)
  while true do
    local text, whole = self.connection:read_line(call)
    if not text then return end
    local event = whole and json.decode(text)
    if not event or not take(self, event) or self.stopped then return end
  end
end

-- --- streams

-- What a refusal means: to list again, to wait, or nothing more to do.
local function take_refusal(self, call, used)
  local answer = self.connection:refused(call)
  if answer.status == 410 then
    self.version = nil
    return
  end
  if answer.status == 401 and self.connection.credentials:renew(used) and not self.renewed then
    self.renewed = true
    return
  end
  local passing = answer.status == 0 or answer.status == 429 or answer.status >= 500
  if not passing then self.connection:refuse({ method = "GET", path = self.wanted.path }, answer) end
  self.tries = self.tries + 1
  self.connection:hold_for(answer.headers)
  trouble(self, ("GET %s: %s"):format(self.wanted.path, answer.status == 0 and "no connection" or "it answered " .. answer.status))
end

local function watch_once(self)
  local query = { watch = "true", allowWatchBookmarks = "true", resourceVersion = self.version }
  for name, v in pairs(self.wanted.query or {}) do query[name] = v end
  local began = loop.now()
  local call, used = self.connection:stream { path = self.wanted.path, query = query, idle = IDLE, most = MOST_LINE }
  self.call = call
  if call:status() == 200 then
    is_fine(self)
    self.renewed = false
    self.tries = self.tries + 1 -- an event sets it back: who only closes is asked less and less often
    read_events(self, call)
    if loop.now() - began > LIVED then self.tries = 0 end
  else take_refusal(self, call, used) end
  call:close()
  self.call = nil
end

-- One round: a list where there is no version to go on from, else a stream.
local function once(self)
  if self.version then return watch_once(self) end
  local ok, raised = diag.catch(relist, self)
  if ok then return end
  if not raised.passing or not (self.is_ready or self.on.trouble) then diag.raise(raised) end
  self.tries = self.tries + 1
  trouble(self, raised.message)
end

local function work(self)
  while not self.stopped do
    once(self)
    if self.tries > 0 and not self.stopped then self.connection.loop:sleep(connection.backoff(self.tries)) end
  end
end

-- forget(object): in any version.
function Watcher:forget(object) self.told[key_of(object)] = nil end

-- stop(): nothing is told any more.
function Watcher:stop()
  self.stopped = true
  if self.task then self.connection.loop:cancel(self.task) end
  if self.call then self.call:close() end
  self.call = nil
end

function watch.start(its_connection, wanted, on)
  local self = setmetatable({ connection = its_connection, wanted = wanted, on = on, told = {}, tries = 0 }, Watcher)
  self.task = its_connection.loop:spawn(function() work(self) end)
  return self
end

return watch
