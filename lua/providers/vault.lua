-- The provider `vault`: variables from the key-value store of HashiCorp Vault or OpenBao. Switched on in moonstep.yaml:
--
--   providers:
--     vault:
--       url: https://vault.corp:8200
--       mount: secret                  where the store is mounted (default: secret)
--       version: 2                     of the store, 1 or 2 (default: 2)
--       path: databases/{TARGET_NAMESPACE}/{TARGET_NAME}      below the mount; {NAME} is a variable's value
--       columns: {DB_PASSWORD: password, TLS_KEY: tls/site#key}     which variable is which field; PATH#FIELD: of another secret
--       public: [DB_USER]              which of the variables are not secret, or globs with * (default: all are secret)
--       missing: error                 what is not there is an error (default: somebody else's variable)
--       namespace: team-a              of Vault Enterprise and OpenBao
--       range: 10.0.0.0/8              where the server's address may be, or a list of such (default: public addresses)
--       ca: corp.pem                   who signed the server's certificate (default: those that the system trusts)
--       certificate: client.pem, key: client.key    a certificate of our own
--
-- Who asks, one of these:
--
--       token_env: VAULT_TOKEN         the variable of the environment with the token (default), or token_file
--       approle: {role_id: 7d3…, secret_id_env: SECRET_ID}                 or secret_id_file; mount: approle
--       kubernetes: {role: moonstep}   with the token of the Pod's service account, or that of token_file; mount: kubernetes
--
-- The server is granted to this provider by being named, and so are the variables of the environment and the files, which are relative to
-- moonstep.yaml. It logs in once a run and reads each secret once; tokens are not renewed. Numbers and booleans become text, a list or map
-- is an error, and so is a version that was deleted or destroyed.

local server = include "server.lua"
local template = include "template.lua"
local text = include "text.lua"

server.check(settings, "vault")
local names, own = server.names(settings)
if not names[1] then error("the provider vault needs columns: {VARIABLE: field}", 0) end
local version, mount = settings.version or 2, (settings.mount or "secret"):gsub("^/+", ""):gsub("/+$", "")
if version ~= 1 and version ~= 2 then error(("version must be 1 or 2, not %d"):format(version), 0) end

-- variable -> { path, field }
local fields = {}
for name, column in pairs(settings.columns) do
  local path, field = column:match "^([^#]*)#(.*)$"
  path, field = path or settings.path, field or column
  if not path then error(("columns: %s: there is no path; give path, or PATH#FIELD"):format(name), 0) end
  if field == "" then error(("columns: %s names no field"):format(name), 0) end
  fields[name] = { path = template.parse((path:gsub("^/+", "")), "path", own), field = field }
end

local function is_public(name)
  for _, glob in ipairs(settings.public or {}) do
    if name:find("^" .. glob:gsub("%W", "%%%0"):gsub("%%%*", ".*") .. "$") then return true end
  end
  return false
end

-- --- who asks

local function options(accepted)
  local asked = server.options(settings, accepted)
  asked.headers["X-Vault-Request"] = "true"
  asked.headers["X-Vault-Namespace"] = settings.namespace
  return asked
end

-- What the ways to log in send.
local LOGINS = {
  approle = function(given)
    if not given.role_id then error("approle needs role_id", 0) end
    return { role_id = given.role_id, secret_id = server.read(given, "secret_id", "approle: ") }
  end,
  kubernetes = function(given)
    if not given.role then error("kubernetes needs role: the role of Vault's that the service account has", 0) end
    return { role = given.role, jwt = server.read(given, "token", "kubernetes: ") }
  end,
}

local method
for _, each in ipairs { "approle", "kubernetes", "token_env", "token_file" } do
  if settings[each] and method then error(("%s and %s exclude each other"):format(method, each), 0) end
  method = settings[each] and each or method
end

local token, refused

-- A login that was refused is not tried again: Vault may lock out who tries too often.
local function log_in()
  if refused then error(refused, 0) end
  local given = settings[method]
  local url = ("%s/v1/auth/%s/login"):format(server.base(settings), given.mount or method)
  local asked = options { 200, 400, 403, 404 }
  asked.json = LOGINS[method](given)
  local answer = http.post(url, asked)
  local function refuse(why)
    refused = ("POST %s: no login with %s: %s"):format(url, method, why)
    error(refused, 0)
  end
  if answer.status ~= 200 then
    local problem = server.problem_of(answer) or "it says no more"
    if answer.status == 404 then problem = "nothing is mounted there: " .. problem end
    refuse(("it answered %d: %s"):format(answer.status, problem))
  end
  local told = answer.json()
  local auth = type(told) == "table" and told.auth
  if type(auth) ~= "table" then refuse "its answer holds no token" end
  if auth.mfa_requirement then refuse "it wants a second factor, which nobody can give here" end
  if type(auth.client_token) ~= "string" or auth.client_token == "" then refuse "its answer holds no token" end
  return secret(auth.client_token)
end

local function token_of_run()
  if not LOGINS[method] then token = token or server.read(settings, "token") end
  token = token or server.alone(log_in)
  return token
end

-- --- secrets

local READ = { "%s/v1/%s/%s", "%s/v1/%s/data/%s" } -- by the store's version

-- Raises what a version that is no more there has to say, or a path that is not of this version of the store.
local function explain(url, told)
  local data = type(told) == "table" and told.data
  local about = type(data) == "table" and data.metadata
  if type(about) == "table" and about.destroyed then
    error(("GET %s: version %s of the secret was destroyed"):format(url, about.version), 0)
  elseif type(about) == "table" and type(about.deletion_time) == "string" and about.deletion_time ~= "" then
    error(("GET %s: version %s of the secret was deleted at %s; vault kv undelete brings it back"):format(url, about.version,
      about.deletion_time), 0)
  end
  local warning = type(told) == "table" and type(told.warnings) == "table" and told.warnings[1]
  if type(warning) == "string" then
    error(("GET %s: %s%s"):format(url, warning, version == 1 and " version: 2 reads such a store" or ""), 0)
  end
end

-- The fields that an answer holds.
local function data_of(url, told)
  local data = type(told) == "table" and told.data
  if version == 2 and type(data) == "table" then
    if data.data == nil then explain(url, told) end
    data = data.data
  end
  if type(data) ~= "table" or k8s.is_list(data) then
    error(("GET %s: the answer is not that of a key-value store of version %d"):format(url, version), 0)
  end
  return data
end

-- The fields of a secret; false where there is none.
local function read_secret(url)
  local asked = options { 200, 400, 403, 404 }
  asked.headers["X-Vault-Token"] = token_of_run()
  local answer = http.get(url, asked)
  if answer.status == 200 then return data_of(url, answer.json()), #answer.body end
  if answer.status == 404 then
    local ok, told = pcall(answer.json)
    if ok then explain(url, told) end
    return false
  end
  local problem = server.problem_of(answer) or "it says no more"
  if answer.status == 403 then
    error(("GET %s: it answered 403 Forbidden: %s; the token is not valid (any more), or has no policy to read %s"):format(url, problem,
      url:sub(#server.base(settings) + #"/v1/" + 1)), 0)
  end
  error(("GET %s: it answered %d: %s"):format(url, answer.status, problem), 0)
end

local function by_segments(path) return (path:gsub("[^/]+", template.percent)) end

provider "vault" {
  summary = "variables from HashiCorp Vault or OpenBao",
  variables = names,
  resolve = function(name, ctx)
    local at = fields[name]
    local path = template.fill(at.path, ctx)
    local url = READ[version]:format(server.base(settings), by_segments(mount), by_segments(path))
    local data = server.once(ctx, url, "GET " .. url, function() return read_secret(url) end)
    if not data then return server.nothing(settings, ("GET %s: there is no secret"):format(url)) end
    local found = data[at.field]
    if found == nil then return server.nothing(settings, ("GET %s: the secret has no field %s"):format(url, at.field)) end
    found = text.of_json(found, ("GET %s: the field %s"):format(url, at.field))
    return is_public(name) and found or secret(found)
  end,
}
