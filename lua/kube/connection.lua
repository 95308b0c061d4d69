-- Our own connection to one cluster: requests of a context's user, with handles that no script shares (engine.calls), and streams.
--
--   self:request { method, path, query, body, headers, patience }  -> answer { status, headers, body }, whatever its status
--   self:get(path [, query])        -> the JSON object there; nil where the API server says that there is none
--   self:expect(answer, request)    -> its JSON object; raises what a refusal says
--   self:stream { path, query, idle, most }  -> call: answers that come line by line; see kube.watch and kube.logs
--
-- A request waits without holding up others (kube.loop). What fails for the moment is tried again where that does no harm: GET, PATCH as
-- server-side apply does it, DELETE. 401 asks for other credentials once. 429 and 503 with Retry-After hold up every request of the
-- connection, as the server wants it, and all such waits come from one budget, so that a cluster that keeps us waiting ends in a message
-- and not in a standstill.
local cluster = require "kube.cluster"
local diag = require "base.diag"
local freshness = require "scripts.freshness"
local http = require "engine.http"
local json = require "kube.json"
local loop = require "kube.loop"
local proxies = require "scripts.proxies"
local reasons = require "scripts.reasons"
local refusal = require "kube.refusal"
local requests = require "scripts.requests"
local secret = require "engine.secret"
local value = require "base.value"

local connection = { MANAGER = "moonstep" }

local TIMEOUT = 30000 -- milliseconds of one exchange
local MOST_TRIES = 4
local BACKOFF = 200 -- milliseconds before the second try, twice as many before the third, and so on
local LONGEST_BACKOFF = 5000
local BUDGET = 60000 -- milliseconds that are waited at most because the server says so
local REFILL = 10 -- of so many milliseconds that pass, one is budget again
local MOST_BODY = 64 << 20 -- bytes
local EVERYWHERE = { "0.0.0.0/0", "::/0" } -- the operator named the server, so it may be anywhere

local REPEATABLE = { GET = true, PATCH = true, DELETE = true }
local PASSING = { resolve = true, connect = true, connecting = true, reset = true, truncated = true, timeout = true }
local BUSY = { [429] = true, [502] = true, [503] = true, [504] = true }

local Connection = {}
Connection.__index = Connection

-- --- what went wrong

-- raise(message [, hint [, passing]]): `passing` says that it may be otherwise soon.
function Connection:raise(message, hint, passing)
  diag.raise { rule = "kube", message = secret.mask(("context %s: %s"):format(self.name, message)), hint = hint, passing = passing }
end

local HINTS = {
  tls = "the server's certificate must be signed by the kubeconfig's certificate-authority, be valid today, and name the server's host",
  connect = "is the cluster up, and is its `server` in the kubeconfig the right one?",
  connecting = "is the cluster up, and is its `server` in the kubeconfig the right one?",
  resolve = "is `server` in the kubeconfig the right one, and does this machine reach the cluster's network?",
}

-- Raises what came of a request that got no answer.
local function raise_failure(self, request, failure, tries)
  local url = { url = self.settings.origin .. self.settings.server .. request.path, host = self.settings.origin:match "^%a+://(.-):?%d*$" }
  local why = failure.kind and reasons.of_failure({ url = url, timeout = TIMEOUT }, failure, tries, MOST_BODY) or failure.message
  self:raise(("%s %s: %s"):format(request.method, url.url, why), HINTS[failure.kind], PASSING[failure.kind])
end

-- refuse(request, answer): raises what an answer that is not the wanted one says.
function Connection:refuse(request, answer)
  local message, hint = refusal.of(self, request, answer)
  self:raise(message, hint, BUSY[answer.status])
end

-- --- one exchange

local function escaped(text) return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

-- path_of { path, query = { name = value } } -> the path with its query
local function path_of(request)
  local parts = {}
  for name, v in value.pairs(request.query or {}) do parts[#parts + 1] = ("%s=%s"):format(name, escaped(v)) end
  return #parts == 0 and request.path or ("%s?%s"):format(request.path, table.concat(parts, "&"))
end

-- Begins an exchange with the credentials of the moment. Returns the call, what no message may show, and which credentials these are.
local function begin(self, request, as)
  local url, problem = http.read_url(self.settings.origin .. self.settings.server .. path_of(request))
  if not url then self:raise(("the URL of %s is not taken: %s"):format(request.path, problem.message)) end
  local whole = { url = url, headers = { accept = "application/json" }, tls_name = self.settings.tls_name, secrets = {} }
  for name, v in pairs(request.headers or {}) do whole.headers[name] = v end
  local used = self.credentials:put_into(whole)
  local address, headers, connect_to = requests.addressed(whole)
  local proxy = self.settings.proxy or not cluster.is_here(url.host) and proxies.of(url) or nil
  local call, why = self.loop.calls:begin { method = request.method, url = address, headers = requests.header_lines(headers),
    connect_to = connect_to, body = request.body, ca = self.settings.ca, certificate = whole.certificate, key = whole.key, proxy = proxy,
    ranges = EVERYWHERE, open = true, connect = reasons.CONNECT, total = as.total, idle = as.idle, lines = as.lines, most = as.most }
  if not call then self:raise(("%s %s: %s"):format(request.method, request.path, why.message)) end
  return call, whole.secrets, used
end

-- One exchange to its end: the answer, or nil and the failure; and which credentials it had.
local function exchange(self, request)
  local call, secrets, used = begin(self, request, { total = TIMEOUT, most = MOST_BODY })
  self.loop:wait(function() return call:done() end)
  local answer, failure = call:answer()
  call:close()
  if not answer then return nil, failure, used end
  return { status = answer.status, headers = requests.read_head(answer.head),
    body = reasons.masked(answer.body, answer.status >= 400 and secrets or nil) }, nil, used
end

-- --- trying again

-- Waits as long as the server wants all of us to.
local function hold(self)
  if self.held then self.loop:sleep(self.held - loop.now()) end
end

-- hold_for(answer's headers) -> true when the server said how long to wait, and there is budget for it.
function Connection:hold_for(headers)
  local seconds = freshness.retry_after(headers)
  if not seconds then return false end
  local now = loop.now()
  self.budget = math.min(BUDGET, self.budget + (now - self.counted) // REFILL)
  self.counted = now
  local pause = math.max(seconds * 1000, BACKOFF)
  local until_then = now + pause
  if self.held and self.held >= until_then then return true end -- others wait already
  if pause > self.budget then return false end
  self.budget, self.held = self.budget - pause, until_then
  return true
end

-- backoff(n) -> milliseconds before the next try, with jitter, so that not all who wait come back at once
function connection.backoff(tries)
  local most = math.min(BACKOFF << math.min(tries - 1, 10), LONGEST_BACKOFF)
  return most // 2 + math.random(0, most // 2)
end

-- Whether there is another try, after a wait.
local function may_try_again(self, request, answer, failure, tries)
  if answer and not BUSY[answer.status] then return false end
  if answer and (answer.status == 429 or answer.status == 503) and self:hold_for(answer.headers) then return true end
  local patient = request.deadline and loop.now() < request.deadline or not request.deadline and tries < MOST_TRIES
  if not patient or not REPEATABLE[request.method] or (failure and not PASSING[failure.kind]) then return false end
  self.loop:sleep(connection.backoff(tries))
  return true
end

-- request { method, path, query, body, headers, patience = milliseconds for which it is tried; some tries if nothing is said } -> answer
function Connection:request(wanted)
  local request = { method = wanted.method or "GET", path = wanted.path, query = wanted.query, body = wanted.body, headers = wanted.headers,
    deadline = wanted.patience and loop.now() + wanted.patience }
  local tries, renewed = 0, false
  while true do
    tries = tries + 1
    hold(self)
    local answer, failure, used = exchange(self, request)
    local other = answer and answer.status == 401 and not renewed and self.credentials:renew(used)
    renewed = renewed or other
    if not other and not may_try_again(self, request, answer, failure, tries) then
      if not answer then raise_failure(self, request, failure, tries) end
      return answer
    end
  end
end

-- expect(answer, request) -> its JSON object
function Connection:expect(answer, request)
  local v = answer.status < 300 and json.decode(answer.body)
  if v then return v end
  if answer.status < 300 then
    self:raise(("%s %s%s%s: the answer is no JSON object"):format(request.method or "GET", self.settings.origin, self.settings.server,
      request.path), refusal.NO_API)
  end
  self:refuse({ method = request.method or "GET", path = request.path }, answer)
end

-- is_absence(answer) -> true when an API server says that there is no such object
function connection.is_absence(answer)
  local v = answer.status == 404 and json.decode(answer.body)
  return v and v.kind == "Status" or false
end

-- get(path [, query]) -> object | nil
function Connection:get(path, query)
  local request = { method = "GET", path = path, query = query }
  local answer = self:request(request)
  if connection.is_absence(answer) then return nil end
  return self:expect(answer, request)
end

-- object(path) -> the same, asked once in a run: for lists of kinds (kube.resources)
function Connection:object(path)
  if self.known[path] == nil then self.known[path] = self:get(path) or false end
  return self.known[path] or nil
end

-- --- streams

-- stream { path, query, idle = seconds of silence, most = bytes of a line } -> call, once its status is there or it is done; and what
-- credentials:renew takes
function Connection:stream(wanted)
  hold(self)
  local request = { method = "GET", path = wanted.path, query = wanted.query }
  local call, _, used = begin(self, request, { total = 0, idle = wanted.idle, lines = true, most = wanted.most })
  self.loop:wait(function() return call:done() or call:status() end, loop.now() + TIMEOUT)
  return call, used
end

-- read_line(call [, deadline]) -> text, whether it is a whole line, as call:line gives it | nil when the stream is over, or the deadline
function Connection:read_line(call, deadline)
  local text, whole
  self.loop:wait(function()
    text, whole = call:line()
    return text or call:done()
  end, deadline)
  return text, whole
end

-- refused(call) -> the answer of a stream that was none: its status, headers and body
function Connection:refused(call)
  local parts = {}
  repeat
    local text = self:read_line(call, loop.now() + TIMEOUT)
    parts[#parts + 1] = text
  until not text or #parts > 1000
  local answer = call:done() and call:answer()
  return { status = call:status() or 0, headers = answer and requests.read_head(answer.head) or {}, body = table.concat(parts, "\n") }
end

-- new(name of the context, { settings, credentials } as kube.clusters reads them [, loop]) -> connection
function connection.new(name, with, its_loop)
  return setmetatable({ name = name, settings = with.settings, credentials = with.credentials, loop = its_loop or loop.new(), known = {},
    budget = BUDGET, counted = loop.now() }, Connection)
end

return connection
