-- What the cluster says about an object: events.
--
-- events.of(connection, object) -> { { type, reason, message, time }, … }, the latest last
-- events.warning(connection, objects) -> the last warning about any of them, failures before others; nil where there is none, and nil and
-- why where they cannot be looked at
-- events.last(connection, objects) -> the same of all events: what goes on where nothing is wrong, such as an image that is being pulled
local diag = require "base.diag"
local list = require "kube.list"
local value = require "base.value"

local events = {}

-- Since when an event has which form: all of these have been where its time stands.
local function time_of(event)
  for _, field in ipairs { "lastTimestamp", "eventTime", "firstTimestamp" } do
    if type(event[field]) == "string" then return event[field] end
  end
  return value.get(event, "metadata", "creationTimestamp") or ""
end

function events.of(self, object)
  local metadata = object.metadata
  local found = list.all(self, ("/api/v1/namespaces/%s/events"):format(metadata.namespace or "default"),
    { fieldSelector = "involvedObject.uid=" .. metadata.uid })
  local all = {}
  for i, event in ipairs(found) do
    all[i] = { type = event.type, reason = event.reason, message = event.message, time = time_of(event), number = i }
  end
  table.sort(all, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.number < b.number
  end)
  return all
end

-- Whether an event says what keeps an object from going on, and does not only warn.
local function is_failure(event) return event.reason == "BackOff" or tostring(event.reason):find "^Fail" ~= nil end

-- Failures rank over what only warns, then the later over the earlier.
local function counts_more(event, last)
  if not last then return true end
  if is_failure(event) ~= is_failure(last) then return is_failure(event) end
  return event.time >= last.time
end

-- Of two of one second, that of the object that stands first counts.
local function find(self, objects, counts)
  local last, why
  for i = #objects, 1, -1 do
    local ok, all = diag.catch(events.of, self, objects[i])
    if not ok then why = all.message end
    for _, event in ipairs(ok and all or {}) do
      if last and last.reason == "FailedScheduling" and event.reason == "Scheduled" then last = nil end
      if counts(event) and counts_more(event, last) then last = event end
    end
  end
  return last, why
end

function events.warning(self, objects) return find(self, objects, function(event) return event.type == "Warning" end) end

function events.last(self, objects) return find(self, objects, function() return true end) end

return events
