-- What belongs to the target whose scripts run, or to the script that is loaded. running.now is a table:
--   said   how many messages it has logged
--   asked  the provider and the variable that it is asked for, which a template may be behind; nil when it is none
--   on     what it waits for, for the message about a wall clock that ran out; nil when it waits for nothing
--   leads  requests whose answers others wait for (scripts.requests)
-- While several targets are in flight, each has its own (scripts.flights).
local running = { now = nil }

-- begin(): from here on something else runs.
function running.begin() running.now = { said = 0, leads = {} } end

running.begin()

return running
