-- The deadline of what is made: an invoker's timeOut in seconds.
local diag = require "base.diag"
local duration = require "base.duration"
local place = require "base.place"
local value = require "base.value"

local SECOND = duration.SECOND

-- deadline(resolver) -> whole seconds, rounded up, or nil when there is no deadline: nothing is said, or zero, which an API server would
-- refuse. Raises a diagnostic at the field when it is no time or a negative one.
return function(resolver)
  local invoker = resolver.target.invoker
  local spec = invoker and invoker.value.spec
  local text = value.get(spec, "timeOut")
  if value.is_empty(text) then return nil end
  local time = duration.nanoseconds(text)
  if not time or time < 0 then
    diag.raise { rule = "bad-timeout", place = place.of(spec, "timeOut"),
      message = ("timeOut must be a time such as 1h30m%s, not %q"):format(time and " and not negative" or "", text) }
  end
  return time > 0 and (time + SECOND - 1) // SECOND or nil
end
