-- A client of one cluster: requests of a context's user, and what went wrong with them in words.
--
--   client:send { method, path, … } ─ credentials ─ scripts.requests ─ (401: other credentials, once more) ─ answer
--   client:get(path) ─ what was got before in this run ─ or replayed ─ or sent, and recorded
--
-- The server of the kubeconfig is reached wherever it is, since the operator named it; redirects lead nowhere else. Where the kubeconfig
-- names no proxy, the environment's counts, as for kubectl, but not for servers on this machine.
--
-- Exchanges are recorded without server and credentials, as kube://CONTEXT/PATH, so that they can be replayed where there is no kubeconfig;
-- and as `recorded` of a get makes them: values of Secrets are never written down.
local answers = require "scripts.answers"
local cluster = require "kube.cluster"
local diag = require "base.diag"
local http = require "engine.http"
local json = require "kube.json"
local proxies = require "scripts.proxies"
local reasons = require "scripts.reasons"
local recordings = require "scripts.recordings"
local refusal = require "kube.refusal"
local requests = require "scripts.requests"
local secret = require "engine.secret"

local client = {}

local TIMEOUT = 30000 -- milliseconds
local MOST_KEPT = 16 << 20 -- bytes of answers that are kept for the run

local Client = {}
Client.__index = Client

-- --- how the server is reached

local EVERYWHERE = { "0.0.0.0/0", "::/0" }

-- What stands in for grants: the server's origin, and nothing else.
local function only(origin, proxy)
  return { http = function(_, url)
    if url.scheme ~= origin.scheme or url.host ~= origin.host or url.port ~= origin.port then return nil end
    return { ranges = EVERYWHERE, open = true, proxy = proxy or not cluster.is_here(url.host) and proxies.of(url) or nil }
  end }
end

-- Answers are kept here, not there: what a cluster says about caching is about other clients.
local KEEPS_NOTHING = { find = function() end, conditional = function(_, request) return request end,
  take = function(_, _, answer) return answer end, key_of = answers.new().key_of }

local function url_of(self, path)
  local url, problem = http.read_url(self.settings.origin .. self.settings.server .. path)
  if not url then
    diag.raise { rule = "kube", of_script = true, message = ("context %s: the URL %s%s is not taken: %s"):format(self.name,
      self.settings.origin, path, problem.message) }
  end
  return url
end

-- --- what went wrong

-- A script may catch it.
local function raise(self, message, hint)
  diag.raise { rule = "kube", of_script = true, message = secret.mask(("context %s: %s"):format(self.name, message)), hint = hint }
end

local TLS_HINT = "the server's certificate must be signed by the kubeconfig's certificate-authority, and name the server's host"

-- Raises what came of a request, with the context that it was for.
local function raise_failure(self, raised)
  local hint = raised.failure == "tls" and TLS_HINT or raised.hint
  raise(self, raised.message, hint)
end

-- decode(answer) -> its JSON as a table, or nil
local function decode(answer) return json.decode(answer.body) end

-- refuse(path, answer): raises what an answer without the wanted object says.
function Client:refuse(path, answer) raise(self, refusal.of(self, { method = "GET", path = path }, answer)) end

-- --- requests

-- One request with the credentials of the moment. Returns them, too. While this one waited for them, another may have got what is wanted
-- and may be kept.
local function exchange(self, wanted)
  local request = { method = wanted.method, url = url_of(self, wanted.path), headers = { accept = "application/json" }, body = wanted.body,
    ca = self.settings.ca, tls_name = self.settings.tls_name, secrets = {}, timeout = TIMEOUT }
  for name, v in pairs(wanted.headers or {}) do request.headers[name] = v end
  local used = self.credentials:put_into(request)
  if wanted.may_be_kept and self.kept[wanted.path] then return self.kept[wanted.path], used end
  self.requests = self.requests or requests.new(only(request.url, self.settings.proxy), KEEPS_NOTHING, {})
  local ok, answer = diag.catch(self.requests.request, self.requests, request)
  if not ok then raise_failure(self, answer) end
  answer.body = reasons.masked(answer.body, answer.status >= 400 and request.secrets or nil)
  return answer, used
end

-- send { method, path, headers, body, may_be_kept } -> answer { status, headers, body }, whatever its status; what is none is raised.
function Client:send(wanted)
  local problem = self.problem -- raised anew each time: a diagnostic is told whom it is about
  if problem then
    diag.raise { rule = "kube", of_script = true, message = problem.message, hint = problem.hint, place = problem.place }
  end
  local answer, used = exchange(self, wanted)
  if answer.status == 401 and self.credentials:renew(used) then answer = exchange(self, wanted) end
  return answer
end

-- The request as it is recorded.
local function recorded_request(self, path, variant)
  return { method = "GET", url = { url = ("kube://%s%s"):format(self.name, path) }, public = true, headers = { variant = variant },
    secrets = {} }
end

local function replayed(self, path, variant)
  local answer, file = recordings.find(self.replay, recorded_request(self, path, variant))
  if not answer then raise(self, ("GET %s: there is no recorded exchange for it; it would be %s"):format(path, file)) end
  return answer
end

local function keep(self, key, answer)
  if self.kept[key] or self.kept_bytes + #answer.body > MOST_KEPT then return end
  self.kept_bytes = self.kept_bytes + #answer.body
  self.kept[key] = answer
end

-- The answer that was got before in this run, or a new one. Only answers that say what there is, or that there is nothing, are kept.
local function kept_or_sent(self, path)
  local answer = self.kept[path]
  if answer then return answer end
  answer = self:send { method = "GET", path = path, may_be_kept = true }
  if answer.status == 200 or answer.status == 404 then keep(self, path, answer) end
  return answer
end

-- Writes an answer down, once for each way in which that is asked for.
local function write_down(self, path, answer, how)
  local key = path .. " " .. (how.variant or "")
  if self.written[key] or (answer.status ~= 200 and answer.status ~= 404) then return end
  local body = how.recorded and answer.status == 200 and how.recorded(answer) or answer.body
  recordings.store(self.record, recorded_request(self, path, how.variant), { status = answer.status, headers = {}, body = body })
  self.written[key] = true
end

-- get(path [, { recorded, variant }]) -> answer, the same for all of the run. recorded(answer) gives the body to write down, in place of
-- its own; `variant` tells apart what differs in that.
function Client:get(path, how)
  how = how or {}
  if self.replay then return replayed(self, path, how.variant) end
  local answer = kept_or_sent(self, path)
  if self.record then write_down(self, path, answer, how) end
  return answer
end

-- object(path [, how]) -> the JSON object that is there, new each time; nil where the API server says that there is none. Anything else is
-- raised.
function Client:object(path, how)
  local answer = self:get(path, how)
  local v = decode(answer)
  if answer.status == 200 and v then return v end
  if answer.status == 404 and v and v.kind == "Status" then return nil end
  if answer.status == 200 then raise(self, ("GET %s: the answer is no JSON object"):format(path)) end
  self:refuse(path, answer)
end

-- decode(answer) -> table or nil, for those who make `recorded`
client.decode = decode

-- new(name of the context, { settings, credentials } | { problem } | { replay = folder }, record = folder or nil) -> client
function client.new(name, with, record)
  return setmetatable({ name = name, settings = with.settings, credentials = with.credentials, problem = with.problem, replay = with.replay,
    record = record, kept = {}, kept_bytes = 0, written = {} }, Client)
end

return client
