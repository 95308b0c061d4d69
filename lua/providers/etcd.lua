-- The provider `etcd`: variables from etcd, by the JSON gateway of its API v3 (etcd 3.4 and later). Switched on in moonstep.yaml:
--
--   providers:
--     etcd:
--       url: https://etcd.corp:2379
--       prefix: /databases/{TARGET_NAMESPACE}/{TARGET_NAME}/     what keys begin with; {NAME} is a variable's value (default: nothing)
--       names: [DB_*]                  which variables it may answer, from keys of their names
--       columns: {DB_HOST: host}       and which variable is which key behind the prefix
--       user: moonstep                 who asks, where etcd has authentication on, with password_env: the variable of the environment
--                                      with the password, or password_file
--       missing: error                 a key that is not there is an error (default: somebody else's variable)
--       range: 10.0.0.0/8              where the server's address may be, or a list of such (default: public addresses)
--       ca: corp.pem                   who signed the server's certificate (default: those that the system trusts)
--       certificate: client.pem, key: client.key    a certificate of our own; the gateway does not take its name as a user
--       secret: [DB_PASSWORD]          which of the variables are secret, or globs with *
--
-- The server is granted to this provider by being named, and so are the variables of the environment and the files, which are relative to
-- moonstep.yaml. A key is read by one request, and what was read is kept for the run. Values are UTF-8 text without NULs.

local server = include "server.lua"
local template = include "template.lua"
local text = include "text.lua"

server.check(settings, "etcd")
local names, own = server.names(settings)
if not names[1] then error("the provider etcd needs names: [VARIABLE] or columns: {VARIABLE: key}", 0) end
local prefix = template.parse(settings.prefix or "", "prefix", own)

local REFUSALS = { 200, 400, 401, 403, 412 } -- as gRPC's invalid argument, unauthenticated, permission denied, failed precondition
local READ, LOGIN = server.base(settings) .. "/v3/kv/range", server.base(settings) .. "/v3/auth/authenticate"

local function post(url, body, token)
  local asked = server.options(settings, REFUSALS)
  asked.headers.Authorization, asked.json = token, body
  return http.post(url, asked)
end

-- --- who asks

local token, refused

-- A login that was refused is not tried again.
local function log_in()
  if refused then error(refused, 0) end
  local password = server.read(settings, "password")
  if not password then error("user needs password_env or password_file", 0) end
  local answer = post(LOGIN, { name = settings.user, password = password })
  local told = answer.status == 200 and answer.json()
  if type(told) == "table" and type(told.token) == "string" then return secret(told.token) end
  refused = ("POST %s: no login as %s: %s"):format(LOGIN, settings.user, server.problem_of(answer) or "its answer holds no token")
  error(refused, 0)
end

-- --- keys

-- Asks for a key. Tokens end some minutes after they were last used: then another one is asked for, once for all targets.
local function ask(key)
  local body = { key = base64.encode(key) }
  if not settings.user then return post(READ, body) end
  token = token or server.alone(log_in)
  local used = token
  local answer = post(READ, body, used)
  if answer.status ~= 401 then return answer end
  if token == used then token = server.alone(log_in) end
  return post(READ, body, token)
end

-- The value of a key; false where there is none.
local function read_key(key, what)
  local answer = ask(key)
  if answer.status ~= 200 then
    local hint = settings.user and "" or "; where authentication is on, user and password_env say who asks"
    error(("%s: it answered %d: %s%s"):format(what, answer.status, server.problem_of(answer) or "it says no more", hint), 0)
  end
  local told = answer.json()
  if type(told) ~= "table" or type(told.header) ~= "table" then error(what .. ": the answer is not that of etcd", 0) end
  local entry = type(told.kvs) == "table" and told.kvs[1]
  if not entry then return false end
  if entry.value == nil then return "" end -- it is left out where the value is empty
  return text.of_base64(entry.value, what .. ": its value"), #answer.body
end

provider "etcd" {
  summary = "variables from etcd",
  variables = names,
  secret = settings.secret,
  resolve = function(name, ctx)
    local key = template.fill(prefix, ctx) .. (settings.columns and settings.columns[name] or name)
    local what = ("POST %s for the key %s"):format(READ, key)
    local value = server.once(ctx, key, what, function() return read_key(key, what) end)
    return value or server.nothing(settings, what .. ": there is no such key")
  end,
}
