-- What a cluster tells of Jobs and their Pods, for those who follow one Job each.
--
--   watches.alone(connection)                  a Job has two watches of its own
--   watches.shared(connection, selector)       all Jobs of a namespace that have a label share two
--
--     self:follow(job, on, is_new) -> followed         followed:stop(). is_new: it was made after `expect`, so it had no Pods before
--
-- and of those that are shared:
--
--     self:expect(namespace, name)             before the Job is applied: what is told of it from here on is kept for `follow`
--     self:forget(namespace, name)             nobody follows it any more
--     self:stop()
--
-- on.job(job), on.gone(): the Job is there, has changed; or is there no more. on.pod(pod), on.pod_gone(pod): the same of its Pods.
-- on.ready(): what there was at the beginning has been told. on.trouble(message), on.fine(): the cluster cannot be asked, can be again.
-- Nothing is asked while nothing happens.
local made = require "cluster.made"
local value = require "base.value"
local watch = require "kube.watch"

local watches = {}

local MOST_IDLE = 8 -- namespaces that are watched though nothing of them is followed: the next Job may be there

local JOBS, PODS = "/apis/batch/v1/namespaces/%s/jobs", "/api/v1/namespaces/%s/pods"

local function ignore() end -- of Pods: the watch of Jobs says when the cluster cannot be asked

-- --- of one Job

local Alone = {}
Alone.__index = Alone

local function stop_all(self)
  for _, watcher in ipairs(self.watchers) do watcher:stop() end
end

function Alone:follow(job, on)
  local metadata, unread = job.metadata, 2
  local function ready()
    unread = unread - 1
    if unread == 0 then on.ready() end
  end
  local function ours(f)
    return function(it) if it.metadata.uid == metadata.uid then f(it) end end
  end
  return { stop = stop_all, watchers = {
    watch.start(self.connection, { path = JOBS:format(metadata.namespace), query = { fieldSelector = "metadata.name=" .. metadata.name } },
      { state = ours(on.job), gone = ours(on.gone), ready = ready, trouble = on.trouble, fine = on.fine }),
    watch.start(self.connection, { path = PODS:format(metadata.namespace), query = { labelSelector = made.pods_of(job) } },
      { state = on.pod, gone = on.pod_gone, ready = ready, trouble = ignore }),
  } }
end

function watches.alone(connection) return setmetatable({ connection = connection }, Alone) end

-- --- of many

-- A place is a namespace and the name of a Job: what was told of it as long as nobody follows, by uid, and then who does; and what the
-- watches keep of it, by uid, which they are told to forget with the place: a batch may have any number of targets.
local Shared = {}
Shared.__index = Shared

local Followed = {}
Followed.__index = Followed

local function owner_of(pod)
  for _, owner in ipairs(value.get(pod, "metadata", "ownerReferences") or {}) do
    if owner.kind == "Job" then return owner.name, owner.uid end
  end
end

-- Tells who follows, or keeps it for who will. Returns false for what nobody expects: watches forget it then.
local function tell(room, name, uid, what, object)
  local place = room.places[name]
  if not place then return false end
  place.seen[object.metadata.uid] = object
  local on = place.on
  if on then
    if place.uid == uid then on[what](object) end
    return place.uid == uid
  end
  place.kept[#place.kept + 1] = { uid = uid, what = what, object = object }
end

local function each_follower(room, what, ...)
  for _, name in ipairs(value.keys(room.places)) do
    local on = room.places[name] and room.places[name].on
    if on then on[what](...) end
  end
end

local function start_jobs(self, room)
  return watch.start(self.connection, { path = JOBS:format(room.namespace), query = { labelSelector = self.selector } }, {
    state = function(job) return tell(room, job.metadata.name, job.metadata.uid, "job", job) end,
    gone = function(job) tell(room, job.metadata.name, job.metadata.uid, "gone", job) end,
    trouble = function(message)
      room.trouble = message
      each_follower(room, "trouble", message)
    end,
    fine = function()
      room.trouble = nil
      each_follower(room, "fine")
    end })
end

local function start_pods(self, room)
  local function pass(what)
    return function(pod)
      local name, uid = owner_of(pod)
      return name ~= nil and tell(room, name, uid, what, pod)
    end
  end
  return watch.start(self.connection, { path = PODS:format(room.namespace), query = { labelSelector = self.selector } },
    { state = pass "pod", gone = pass "pod_gone", trouble = ignore })
end

-- A namespace is watched as long as a Job of it is expected or followed, and some longer.
local function room_of(self, namespace)
  local room = self.rooms[namespace]
  if not room then
    room = { namespace = namespace, places = {}, count = 0 }
    self.rooms[namespace] = room
    room.watchers = { start_jobs(self, room), start_pods(self, room) }
  end
  return room
end

local function drop_idle(self)
  for _, namespace in ipairs(value.keys(self.rooms)) do
    local room = self.rooms[namespace]
    if room.count == 0 then
      stop_all(room)
      self.rooms[namespace] = nil
    end
  end
  self.idle = 0
end

function Shared:expect(namespace, name)
  local room = room_of(self, namespace)
  if room.places[name] then return end
  if room.idle then self.idle = self.idle - 1 end
  room.places[name] = { kept = {}, seen = {} }
  room.count, room.idle = room.count + 1, nil
end

-- forget(namespace, name): nobody follows it any more.
function Shared:forget(namespace, name)
  local room = self.rooms[namespace]
  local place = room and room.places[name]
  if not place then return end
  room.places[name] = nil
  for _, object in pairs(place.seen) do
    for _, watcher in ipairs(room.watchers) do watcher:forget(object) end
  end
  room.count = room.count - 1
  if room.count > 0 then return end
  self.idle, room.idle = self.idle + 1, true
  if self.idle > MOST_IDLE then drop_idle(self) end
end

function Shared:follow(job, on, is_new)
  local namespace, name, uid = job.metadata.namespace, job.metadata.name, job.metadata.uid
  self:expect(namespace, name)
  local room = self.rooms[namespace]
  local place = room.places[name]
  on.job(job)
  for _, pod in ipairs(is_new and {} or made.pods(self.connection, job)) do on.pod(pod) end -- some may be in no event
  for _, each in ipairs(place.kept) do
    if each.uid == uid then on[each.what](each.object) end
  end
  place.kept, place.on, place.uid = nil, on, uid
  on.ready()
  if room.trouble then on.trouble(room.trouble) end
  return setmetatable({ shared = self, namespace = namespace, name = name }, Followed)
end

function Followed:stop() self.shared:forget(self.namespace, self.name) end

function Shared:stop()
  for _, room in pairs(self.rooms) do stop_all(room) end
  self.rooms = {}
end

function watches.shared(connection, selector)
  return setmetatable({ connection = connection, selector = selector, rooms = {}, idle = 0 }, Shared)
end

return watches
