-- Requests over HTTP for scripts: what is granted is asked, redirects are followed, what fails for the moment is tried again.
--
--   request ─ follow ─ (redirect) ─ ask: kept answer? ─ try: one exchange ─ (wait) ─ one exchange …
--
-- requests.new makes a client. A request is a table:
--   method, url (as engine.http reads it), headers (name in lower case -> value), body
--   ca, certificate, key      PEM
--   tls_name                  the name in the server's certificate, where it is not the host
--   secrets                   texts that no message may show
--   timeout                   milliseconds for all of it; `deadline` is when that ends
--   server, most              for files by URL (scripts.remote): the URL whose server alone is asked, and is granted by being named; the
--                             most bytes of the answer
--   private                   its grants are those of one provider (set here)
-- An answer is { status, headers (names in lower case), body, url }.
--
-- Every step of a redirect must be granted like the first. Another origin is sent only headers of no consequence: nobody knows which of
-- the others are credentials.
local diag = require "base.diag"
local flight = require "engine.flight"
local freshness = require "scripts.freshness"
local http = require "engine.http"
local origins = require "scripts.origins"
local proxies = require "scripts.proxies"
local reasons = require "scripts.reasons"
local recordings = require "scripts.recordings"
local running = require "scripts.running"
local secret = require "engine.secret"

local requests = {}

local MOST_BODY = 8 << 20 -- bytes of an answer, unpacked; as much as a script may decode
local MOST_REDIRECTS = 5
local MOST_TRIES = 4
local BACKOFF = 100 -- milliseconds before the second try, twice as many before the third, and so on

local SAFE = { GET = true, HEAD = true, OPTIONS = true }
local PASSING = { resolve = true, connect = true, reset = true, truncated = true } -- failures that may be over soon
local BUSY = { [429] = true, [502] = true, [503] = true, [504] = true }
local HARMLESS = { accept = true, ["accept-language"] = true, ["content-type"] = true, ["user-agent"] = true }

local Client = {}
Client.__index = Client

-- The request in words, without what is secret in its URL.
local function words_of(request) return request.method .. " " .. reasons.shown_url(request.url) end

-- `kind` is that of a failure of the connection, where it is one.
local function raise(message, kind)
  running.now.on = nil
  diag.raise { rule = "http", of_script = true, message = message, failure = kind }
end

-- Raises what a script's user should see.
local function fail(request, message, kind)
  message = ("%s: %s"):format(words_of(request), reasons.masked(message, request.secrets))
  raise(secret.mask(message), kind) -- a script may catch it
end
requests.fail = fail

-- --- one exchange

-- The lines of headers for the engine. An empty value is written with a semicolon, and a line without one takes a header of libcurl's away.
local function header_lines(headers)
  local lines, names = {}, {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = headers[name] == "" and name .. ";" or ("%s: %s"):format(name, headers[name])
  end
  if not headers["content-type"] then lines[#lines + 1] = "content-type:" end
  return lines
end
requests.header_lines = header_lines

-- Headers as a map; several of one name are joined.
local function read_head(head)
  local headers = {}
  for line in head:gmatch "[^\r\n]+" do
    local name, text = line:match "^([^:%s]+):%s*(.-)%s*$"
    if name then
      name = name:lower()
      headers[name] = headers[name] and headers[name] .. ", " .. text or text
    end
  end
  return headers
end
requests.read_head = read_head

local function is_same_origin(a, b) return a.scheme == b.scheme and a.host == b.host and a.port == b.port end

-- What the grants say about the server.
local function granted_for(self, request)
  local granted, server = self.grants:http(request.url), request.server
  if server and not is_same_origin(server, request.url) then
    fail(request, ("this is not the server of %s; a file that is named by URL comes from its own server alone"):format(
      reasons.shown_url(server)))
  elseif server and server.scheme == "https" then granted = { ranges = granted and granted.ranges or {}, open = true } end
  if granted then return granted end
  local line = origins.as_grant(request.url)
  fail(request, ("%s is not granted; add it to grants: http: in moonstep.yaml, or --grant http=%s"):format(line, line))
end

-- The proxy to ask, and what the grants say about it; nil when there is none.
local function granted_proxy(self, request, granted)
  if granted.proxy then return granted.proxy, granted end
  local proxy = #granted.ranges == 0 and proxies.of(request.url)
  if not proxy then return nil end
  local plain = (proxy:find("://", 1, true) and proxy or "http://" .. proxy):gsub("^(%a+://)[^/]*@", "%1")
  local url = plain:find "^https?://[^/]*:%d+/?$" and http.read_url(plain)
  if not url then fail(request, "the proxy of the environment is no URL such as http://proxy.corp:3128") end
  local its = self.grants:http(url)
  if its then return proxy, its end
  local line = origins.as_grant(url)
  fail(request, ("the environment names the proxy %s, which is not granted; --grant http=%s allows it, no_proxy=%s goes without"):format(
    line, line, request.url.host))
end

-- The URL, the headers and where to connect to: where the certificate has another name, that stands in the URL.
local function addressed(request)
  local url = request.url
  if not request.tls_name then return url.url, request.headers end
  local headers, authority = { host = url.host .. ":" .. url.port }, url.scheme .. "://" .. request.tls_name .. ":" .. url.port
  for name, v in pairs(request.headers) do headers[name] = v end
  return authority .. url.url:match "^%a+://[^/?]*(.*)$", headers, url.host .. ":" .. url.port
end
requests.addressed = addressed

-- One exchange. Returns the answer, or nil and the failure as engine.http gives it.
local function exchange(self, request)
  local granted = granted_for(self, request)
  local proxy, its = granted_proxy(self, request, granted)
  local where = its or granted
  local left = request.deadline - http.now()
  if left <= 0 then return nil, { kind = "timeout" } end
  local url, headers, connect_to = addressed(request)
  local answer, failure = http.exchange { method = request.method, url = url, headers = header_lines(headers), connect_to = connect_to,
    body = request.body, ca = request.ca, certificate = request.certificate, key = request.key, proxy = proxy,
    ranges = where.ranges, open = where.open, connect = math.min(reasons.CONNECT, left), total = left, most = request.most or MOST_BODY }
  if not answer then return nil, failure end
  return { status = answer.status, headers = read_head(answer.head), body = answer.body, url = request.url }
end

-- --- trying again

-- Milliseconds to wait before the next try; nil when there is none.
local function pause_before_next(request, answer, failure, tries)
  if tries == MOST_TRIES then return nil end
  local again
  if failure then again = PASSING[failure.kind] and SAFE[request.method] else again = BUSY[answer.status] and SAFE[request.method] end
  local asked = answer and (answer.status == 429 or answer.status == 503) and freshness.retry_after(answer.headers)
  if not again and not asked then return nil end
  local most = BACKOFF << (tries - 1)
  local pause = asked and asked * 1000 or most // 2 + math.random(0, most // 2)
  return pause < request.deadline - http.now() and pause < http.left() and pause or nil
end

-- The answer of a server that may need several tries.
local function try(self, request)
  local tries = 0
  while true do
    tries = tries + 1
    local answer, failure = exchange(self, request)
    local pause = pause_before_next(request, answer, failure, tries)
    if not pause and answer then
      answer.tries = tries
      return answer
    end
    if not pause then fail(request, reasons.of_failure(request, failure, tries, request.most or MOST_BODY), failure.kind) end
    http.pause(pause)
  end
end

-- The answer that was recorded. Nothing is as old as it says there, so it is not asked how long it may be used.
local function replayed(self, request)
  local answer, path = recordings.find(self.replay, request)
  if not answer then fail(request, ("there is no recorded exchange for it; it would be %s"):format(path)) end
  return answer
end

-- --- one request for all who want the same at the same time

-- The answer to a request that others wait for too. A failure is told to all of them; what ends this flight before that is not.
local function lead(self, request, key)
  local shared = {}
  self.asked[key], running.now.leads[shared] = shared, true
  local ok, found = diag.catch(try, self, self.kept:conditional(request))
  if ok then shared.answer = self.kept:take(request, found) else shared.failure = found end
  shared.ready = http.now()
  self.asked[key], running.now.leads[shared] = nil, nil
  if not ok then raise(found.message, found.failure) end
  return shared.answer
end

-- A new answer of the server, or that to an equal request of another flight, if this one can wait.
local function asked(self, request)
  local key = self.kept.key_of(request)
  if not key then return try(self, request) end
  while true do
    local shared = self.asked[key]
    if not shared or shared.ready or not flight.can_wait() then return lead(self, request, key) end
    flight.wait(shared)
    if shared.failure then raise(shared.failure.message, shared.failure.failure) end
    if shared.answer then return shared.answer end
  end
end

-- The answer to one request: one that is kept, or a new one.
local function ask(self, request)
  if self.replay then return replayed(self, request) end
  local kept = self.kept:find(request)
  if kept then return kept end
  running.now.on = words_of(request)
  local answer = asked(self, request)
  running.now.on = nil
  if self.record then recordings.store(self.record, request, answer) end
  return answer
end

-- --- redirects

-- A server may redirect to what it was asked: where a secret is in that, it stays one in the URL, and may not name a server.
local function conceal(request, url, location)
  local masked = secret.mask(location)
  if masked == location and not request.url.masked then return end
  local server = location:match "^%a[%w+.-]*:/*[^/?#]*" or location:match "^//[^/?#]*" or ""
  if masked:sub(1, #server) ~= server then fail(request, "it redirects to a server whose name is secret") end
  url.masked = ("%s://%s:%s/***"):format(url.scheme, url.host, url.port)
end

-- The request that a redirect leads to, or nil when the answer is none. 303 turns everything but HEAD into GET, 301 and 302 what was POST.
local function redirected(request, answer)
  local status, location = answer.status, answer.headers.location
  if not location or not (status == 301 or status == 302 or status == 303 or status == 307 or status == 308) then return nil end
  local url, problem = http.read_url(location, request.url.url)
  if not url then fail(request, ("it redirects to a URL that is not followed: %s"):format(problem.message)) end
  conceal(request, url, location)
  local next_request = {}
  for name, v in pairs(request) do next_request[name] = v end
  next_request.url = url
  if (status == 303 and request.method ~= "HEAD") or (status < 303 and request.method == "POST") then
    next_request.method, next_request.body = "GET", nil
  end
  if is_same_origin(url, request.url) then return next_request end
  if next_request.body then fail(request, ("it redirects to %s, where its body is not sent"):format(origins.as_grant(url))) end
  next_request.headers, next_request.certificate, next_request.key = {}, nil, nil
  for name, v in pairs(request.headers) do
    if HARMLESS[name] then next_request.headers[name] = v end
  end
  return next_request
end

-- request(request) -> answer of the last step, which has `tries`
function Client:request(request)
  request.deadline = http.now() + request.timeout
  request.private = self.grants.common ~= nil
  local at = request
  for _ = 0, MOST_REDIRECTS do
    granted_for(self, at) -- also for what is kept
    local answer = ask(self, at)
    local onward = redirected(at, answer)
    if not onward then return answer end
    at = onward
  end
  fail(request, ("it redirects more than %d times"):format(MOST_REDIRECTS))
end

-- new(grants, kept, { record = folder, replay = folder }) -> client. `kept` finds and takes answers (scripts.answers).
function requests.new(grants, kept, exchanges)
  if exchanges.record then recordings.prepare(exchanges.record) end
  return setmetatable({ grants = grants, kept = kept, asked = {}, record = exchanges.record, replay = exchanges.replay }, Client)
end

return requests
