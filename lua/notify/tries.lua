-- tries(most, first delay in seconds, attempt) -> what attempt() returned when it was done, or may not be tried again, and how often it was
-- tried. attempt() -> true | false, why, again = true where it may be otherwise soon, seconds to wait if the server says so. The time
-- between two tries doubles.
local http = require "engine.http"

local LONGEST = 300 -- seconds

return function(most, delay, attempt)
  for try = 1, most do
    local done, why, again, wait = attempt()
    if done or not again or try == most then return done, why, try end
    http.pause(math.tointeger(math.min(wait or delay * 2 ^ (try - 1), LONGEST) * 1000 // 1))
  end
end
