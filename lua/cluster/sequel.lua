-- What comes behind the end of a Job that others see to, for who only looks on (`moonstep logs`): its hooks, and further attempts, which
-- its follower makes (cluster.follower).
--
--   local self = sequel.of(connection, job)
--   self:retries_left(job) -> how often it will be tried again, should it fail
--   self:next() -> a Job that was not given before | nil: there will be none. Waits for as long as a follower may make one; raises where
--                  that does not run
--
-- Attempts belong to the first one, hooks to the attempt that they are for, the follower to the first attempt.
local attempts = require "cluster.attempts"
local follower = require "cluster.follower"
local loop = require "kube.loop"
local made = require "cluster.made"
local owned = require "cluster.owned"
local value = require "base.value"
local watch = require "kube.watch"

local sequel = {}

local Sequel = {}
Sequel.__index = Sequel

local PATIENCE = 120000 -- milliseconds for a follower to do something, where it does not run

-- The reference to the Job that it belongs to.
local function owner_of(job)
  for _, owner in ipairs(value.get(job, "metadata", "ownerReferences") or {}) do
    if owner.kind == "Job" then return owner end
  end
end

function sequel.of(connection, job)
  local owner = owner_of(job)
  local first = owner and owner.name or job.metadata.name
  return setmetatable({ connection = connection, job = job, first = first, known = { job, owner and { metadata = owner } },
    given = { [job.metadata.uid] = true } }, Sequel)
end

local function is_ours(self, object)
  for _, job in ipairs(self.known) do
    if owned.belongs_to(object, job) then return true end
  end
  return false
end

-- --- the follower

function Sequel:retries_left(job)
  local metadata = self.job.metadata
  for _, each in ipairs(made.jobs(self.connection, { name = made.run_of(self.job), namespace = metadata.namespace })) do
    local retries = made.part_of(each) == "follower" and is_ours(self, each) and not made.is_over(each) and follower.retries(each) or 0
    if retries > 0 and job.metadata.name == self.first then return retries end
    for number = 1, retries do
      if attempts.name(self.first, number) == job.metadata.name then return retries - number end
    end
  end
  return 0
end

-- Raises where it does not run, and so will never do anything.
local function look_at_follower(self, object)
  for _, pod in ipairs(made.pods(self.connection, object)) do
    if value.get(pod, "status", "phase") == "Running" then return end
  end
  self.connection:raise(("%s, which sees to what comes behind the end of %s, does not run"):format(made.words(object),
    made.words(self.job)), ("`kubectl -n %s describe job %s` says more"):format(object.metadata.namespace, object.metadata.name))
end

-- --- what comes

local function is_earlier(a, b) return a.metadata.creationTimestamp < b.metadata.creationTimestamp end

local function start_watch(self, seen)
  return watch.start(self.connection, { path = ("/apis/batch/v1/namespaces/%s/jobs"):format(self.job.metadata.namespace),
    query = { labelSelector = ("%s=%s"):format(made.LABEL, made.run_of(self.job)) } }, {
      state = function(object)
        if not is_ours(self, object) then return end
        local uid = object.metadata.uid
        if made.part_of(object) == "follower" then
          seen.follower = not made.is_over(object) and follower.makes_jobs(object) and object or nil
        elseif not self.given[uid] and not is_earlier(object, self.job) then
          if not seen.found or is_earlier(object, seen.found) then seen.found = object end
        end
      end,
      gone = function(object)
        if seen.follower and object.metadata.uid == seen.follower.metadata.uid then seen.follower = nil end
      end,
      ready = function() seen.is_told = true end })
end

local function await(self, seen)
  local function is_known() return seen.is_told and (seen.found or not seen.follower) end
  while not is_known() do
    self.connection.loop:wait(is_known, loop.now() + PATIENCE)
    if not is_known() and seen.follower then look_at_follower(self, seen.follower) end
  end
  return seen.found
end

function Sequel:next()
  local seen = {}
  local watcher = start_watch(self, seen)
  local ok, found = pcall(await, self, seen)
  watcher:stop()
  if not ok then error(found, 0) end
  if not found then return nil end
  self.given[found.metadata.uid] = true
  table.insert(self.known, found)
  return found
end

return sequel
