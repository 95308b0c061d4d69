-- post(request) -> true | false, why: tells a server something over HTTP, several times where that may help.
--
-- request: { url, method, headers (names in lower case), body, content_type, token, ca (PEM of authorities, in place of the system's),
-- most_status (a status below it is a success), timeout (seconds a try), tries, delay }
--
-- The URL may be as good as a password, so nothing but its server is shown. What fails for the moment (no connection, one that breaks, a
-- time that is over, 408, 429 and 5xx) is tried again, when the server says so after the time that it names.
local engine = require "engine.calls"
local http = require "engine.http"
local reasons = require "scripts.reasons"
local requests = require "scripts.requests"
local secret = require "engine.secret"
local tries = require "notify.tries"

local EVERYWHERE = { "0.0.0.0/0", "::/0" } -- it was named by who runs this
local MOST_BODY = 65536
local PASSING = { resolve = true, connect = true, connecting = true, timeout = true, reset = true, truncated = true }

local function is_passing(status) return status == 408 or status == 429 or status >= 500 end

-- One try, as notify.tries has it.
local function attempt(calls, request, whole)
  local address, headers, connect_to = requests.addressed(whole)
  local call, problem = calls:begin { method = request.method, url = address, headers = requests.header_lines(headers),
    connect_to = connect_to, body = request.body, ca = request.ca, ranges = EVERYWHERE, open = true, connect = reasons.CONNECT,
    total = whole.timeout, most = MOST_BODY }
  if not call then return false, problem.message end
  while not call:done() do calls:advance(whole.timeout) end
  local answer, failure = call:answer()
  call:close()
  if not answer then
    return false, failure.kind and reasons.of_failure(whole, failure, 1, MOST_BODY) or failure.message, PASSING[failure.kind]
  end
  if answer.status < request.most_status then return true end
  local wait = tonumber(requests.read_head(answer.head)["retry-after"] or "")
  return false, reasons.of_status(whole, answer), is_passing(answer.status), wait
end

return function(request)
  local url, problem = http.read_url(request.url)
  if not url then return false, "the URL cannot be read: " .. problem.message end
  if request.token and url.scheme == "http" then return false, "a token is not sent without TLS; the URL must begin with https://" end
  local whole = { url = url, headers = request.headers, secrets = { request.url, request.token },
    timeout = math.tointeger(request.timeout * 1000 // 1) }
  if request.body then whole.headers["content-type"] = whole.headers["content-type"] or request.content_type end
  if request.token then whole.headers.authorization = "Bearer " .. request.token end
  local calls = engine.open()
  local done, why, count = tries(request.tries, request.delay, function() return attempt(calls, request, whole) end)
  if done then return true end
  why = secret.mask(reasons.masked(why, whole.secrets))
  return false, ("%s://%s:%s: %s%s"):format(url.scheme, url.host, url.port, why, count > 1 and (" (tried %d times)"):format(count) or "")
end
