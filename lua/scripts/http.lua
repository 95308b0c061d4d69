-- The module `http` of scripts: what they may say about a request, and what they get back.
--
--   http.get(url, options), http.post(url, options), http.put(url, options), http.request(method, url, options)
--     headers = { name = value }        query = { name = value or list of values }, added to the URL
--     json = value | form = { name = value } | body = text
--     timeout = seconds, for all of it (default 30; the target's wall clock ends it in any case)
--     auth = { basic = { user, password } } | { bearer = token } | { certificate = PEM or file, key = PEM or file }
--     ca = PEM or file: who may have signed the server's certificate, instead of those that the system trusts
--     accept_status = { 200, 404 }: the statuses that are an answer (default: 200 to 299); others are raised
--   -> { status, headers, body, json() }
--
-- Files are granted ones, relative to the script.
local base64 = require "base.base64"
local diag = require "base.diag"
local engine = require "engine.http"
local host = require "engine.host"
local near = require "base.near"
local reasons = require "scripts.reasons"
local requests = require "scripts.requests"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

local TIMEOUT = 30000 -- milliseconds
local LONGEST_TIMEOUT = 600 -- seconds
local MOST_PEM = 1 << 20 -- bytes
local MOST_BODY = 8 << 20

-- What a script got wrong about its own call.
local function wrong(words, ...) error(secret.mask(("http: " .. words):format(...)), 0) end

local function check(v, wanted, what)
  if view.type(v) ~= wanted then wrong("%s must be a %s, not a %s", what, wanted, view.type(v)) end
  return view.shown(v)
end

-- A value of a query, form or header as text. Servers are told secrets; messages are searched for them.
local function text_of(v, what)
  if secret.is(v) then return engine.text(v) end
  if math.type(v) == "integer" or type(v) == "boolean" then return tostring(v) end
  return check(v, "string", what)
end

local function escaped(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

-- name=value&…, in the order of the names
local function encoded(map, what)
  local parts = {}
  for name, v in value.pairs(check(map, "table", what)) do
    name = text_of(name, "a name in " .. what)
    local list = view.type(v) == "table" and view.shown(v) or { v }
    for _, each in ipairs(list) do
      parts[#parts + 1] = escaped(name) .. "=" .. escaped(text_of(each, ("%s.%s"):format(what, name)))
    end
  end
  return table.concat(parts, "&")
end

-- --- headers

-- What the connection itself is about, and the host, which would get round the grants where servers share an address.
local OURS = { host = true, connection = true, ["content-length"] = true, ["transfer-encoding"] = true, te = true, trailer = true,
  upgrade = true,  expect = true, ["keep-alive"] = true, ["accept-encoding"] = true, range = true }

local function read_headers(given, secrets)
  local headers = {}
  for name, v in value.pairs(check(given or {}, "table", "headers")) do
    if type(name) ~= "string" or not name:find "^[%w!#$%%&'*+%-.^_`|~]+$" then
      wrong("%s is no name of a header", diag.visible(tostring(name)))
    end
    local lower, text = name:lower(), text_of(v, "headers." .. name)
    if OURS[lower] or lower:find "^proxy%-" then wrong("the header %s is not a script's to set", name) end
    if text:find "[%z\1-\8\10-\31\127]" then wrong("the header %s holds a control character", name) end
    headers[lower] = text:match "^%s*(.-)%s*$"
    if reasons.is_secret_name(lower) then secrets[#secrets + 1] = headers[lower] end
  end
  return headers
end

-- --- who asks

-- PEM as it is given, or of a granted file, whose name is told in messages and so is no secret.
local function pem(v, what, reads)
  local text = text_of(v, what)
  if text:find("-----BEGIN ", 1, true) then return text end
  if secret.is(v) then wrong("%s is secret, and so must be PEM and not the name of a file", what) end
  return reads(text, MOST_PEM)
end

local AUTH = {
  basic = function(request, v)
    local user, password = text_of(check(v, "table", "auth.basic")[1], "auth.basic[1]"), text_of(v[2], "auth.basic[2]")
    if user:find ":" then wrong "a user's name holds no colon" end
    local encoded_pair = base64.encode(user .. ":" .. password)
    request.headers.authorization = "Basic " .. encoded_pair
    table.insert(request.secrets, password)
    table.insert(request.secrets, encoded_pair)
  end,
  bearer = function(request, v)
    local token = text_of(v, "auth.bearer")
    if not token:find "^[\33-\126]+$" then wrong "auth.bearer must be a token: printable characters without spaces" end
    request.headers.authorization = "Bearer " .. token
    table.insert(request.secrets, token)
  end,
  certificate = function(request, v, auth, reads)
    request.certificate = pem(v, "auth.certificate", reads)
    request.key = auth.key == nil and request.certificate or pem(auth.key, "auth.key", reads)
  end,
}

local function read_auth(request, auth, reads)
  auth = check(auth, "table", "auth")
  for _, name in ipairs(value.keys(auth)) do
    if not AUTH[name] and name ~= "key" then
      wrong("auth takes basic, bearer, or certificate and key; not %s", diag.visible(tostring(name)))
    end
  end
  for name, read in value.pairs(AUTH) do
    if auth[name] ~= nil then read(request, auth[name], auth, reads) end
  end
end

-- --- the rest of a request

-- The body, and what it is.
local function read_body(options, encode)
  local count = (options.json ~= nil and 1 or 0) + (options.form ~= nil and 1 or 0) + (options.body ~= nil and 1 or 0)
  if count > 1 then wrong "a request has one of json, form and body" end
  local body, kind
  if options.json ~= nil then body, kind = encode(options.json), "application/json"
  elseif options.form ~= nil then body, kind = encoded(options.form, "form"), "application/x-www-form-urlencoded"
  elseif options.body ~= nil then body = text_of(options.body, "body") end
  if body and #body > MOST_BODY then wrong("a body has at most %d MiB", MOST_BODY >> 20) end
  return body, kind
end

-- The text of a URL, and true when a secret is in it. A server's name is written in lower case and looked up, so none may be in there.
local function url_text(url)
  if not secret.is(url) then return check(url, "string", "the URL"), false end
  local text = engine.text(url)
  local server = text:match "^[^/?#]*/*[^/?#]*"
  if secret.mask(text):sub(1, #server) ~= server then wrong "the name of a server must not be secret" end
  return text, true
end

local function read_url(given, query)
  local text, is_secret = url_text(given)
  if query ~= nil then
    local bare, fragment = text:match "^([^#]*)(.*)$"
    local added = encoded(query, "query")
    if added ~= "" then text = bare .. (bare:find("?", 1, true) and "&" or "?") .. added .. fragment end
  end
  local url, problem = engine.read_url(text)
  local masked = is_secret and secret.mask(text) or text -- before it is cut or written in another way
  if url then
    url.masked = is_secret and masked or nil
    return url
  end
  -- what stands in front of @ may be a password
  local shown = masked:gsub("%?.*", ""):gsub("//[^/]*@", "//***@")
  wrong("the URL %s is not taken: %s", diag.visible(shown), problem.message)
end

local function read_timeout(seconds)
  if seconds == nil then return TIMEOUT end
  if type(seconds) ~= "number" or not (seconds >= 0.001 and seconds <= LONGEST_TIMEOUT) then
    wrong("timeout must be a number of seconds up to %d", LONGEST_TIMEOUT)
  end
  return math.floor(seconds * 1000)
end

-- The statuses that count as an answer: a function of one.
local function read_accept(list)
  if list == nil then return function(status) return status >= 200 and status <= 299 end end
  local set = {}
  for i, status in ipairs(check(list, "table", "accept_status")) do
    if math.type(status) ~= "integer" then wrong("accept_status[%d] must be a number such as 404", i) end
    set[status] = true
  end
  return function(status) return set[status] end
end

local OPTIONS = { "accept_status", "auth", "body", "ca", "form", "headers", "json", "query", "timeout" }
local KNOWN = {}
for _, name in ipairs(OPTIONS) do KNOWN[name] = true end

local function check_options(options)
  for _, name in ipairs(value.keys(options)) do
    if not KNOWN[name] then
      local meant = near(tostring(name), OPTIONS)
      wrong("there is no option %s%s", diag.visible(tostring(name)), meant and "; did you mean " .. meant .. "?" or "")
    end
  end
end

-- The request that a script describes.
local function read(method, url, options, with)
  check(method, "string", "the method")
  if not method:find "^%u+$" or #method > 20 or method == "CONNECT" or method == "TRACE" then
    wrong("there is no method %s", diag.visible(method))
  end
  local secrets = {}
  local request = { method = method, url = read_url(url, options.query), headers = read_headers(options.headers, secrets),
    secrets = secrets, timeout = read_timeout(options.timeout) }
  local kind
  request.body, kind = read_body(options, with.encode)
  if not request.body and (method == "POST" or method == "PUT" or method == "PATCH") then request.body = "" end
  if kind and not request.headers["content-type"] then request.headers["content-type"] = kind end
  if options.auth ~= nil then read_auth(request, options.auth, with.reads) end
  if options.ca ~= nil then request.ca = pem(options.ca, "ca", with.reads) end
  return request
end

-- --- what a script gets back

local function response(request, answer, decode)
  local headers = {}
  for name, v in pairs(answer.headers) do headers[name] = v end
  return { status = answer.status, headers = headers, body = answer.body, json = function()
    local ok, decoded
    if answer.body:find '^%s*[%[{"%d%-tfn]' then ok, decoded = host.pcall(decode, answer.body, "the answer") end
    if ok then return decoded end
    local why = decoded and tostring(decoded):gsub(" near '.*$", "") -- what stands there may be half of a secret
    requests.fail(request, "the answer is no JSON" .. (why and ": " .. why or ""))
  end }
end

local PORTS = { http = 80, https = 443 }

-- Where no server is granted, the second wall keeps libcurl out, which reads URLs otherwise; here it is enough to name the server.
local function refuse(url)
  local text = url_text(url)
  local scheme, authority = text:match "^(https?)://([^/?#]*)"
  local server = authority and diag.visible(authority:match "[^@]*$")
  if not server or server == "" then wrong "no server is granted; see grants: http: in moonstep.yaml, and --grant http=HOST:PORT" end
  if not server:find ":%d+$" then server = server .. ":" .. PORTS[scheme] end
  local line = (scheme == "http" and "http://" or "") .. server
  wrong("%s is not granted; add it to grants: http: in moonstep.yaml, or --grant http=%s", line, line)
end

local function send(method, url, options, with)
  if not with.grants.servers[1] then refuse(url) end
  options = options == nil and {} or check(options, "table", "the options")
  check_options(options)
  local accepts = read_accept(options.accept_status)
  local request = read(method, url, options, with)
  local answer = with.client():request(request)
  if not accepts(answer.status) then requests.fail(request, reasons.of_status(request, answer)) end
  return response(request, answer, with.decode)
end

-- http{ grants, client = function that gives scripts.requests' client, encode, decode (of JSON), reads = function(path, most bytes) } ->
-- the module
return function(with)
  local function method_of(method) return function(url, options) return send(method, url, options, with) end end
  return { get = method_of "GET", post = method_of "POST", put = method_of "PUT",
    request = function(method, url, options) return send(method, url, options, with) end }
end
