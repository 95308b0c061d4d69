-- The provider `consul`: variables from the key-value store of HashiCorp Consul. Switched on in moonstep.yaml:
--
--   providers:
--     consul:
--       url: https://consul.corp:8501
--       prefix: databases/{TARGET_NAMESPACE}/{TARGET_NAME}/      what keys begin with; {NAME} is a variable's value (default: nothing)
--       names: [DB_*]                  which variables it may answer, from keys of their names
--       columns: {DB_HOST: host}       and which variable is which key behind the prefix
--       datacenter: dc2                whose store it is (default: that of the agent that is asked)
--       namespace: team-a              of Consul Enterprise
--       token_env: CONSUL_HTTP_TOKEN   the variable of the environment with the ACL token, or token_file: the file (default: no token)
--       missing: error                 a key that is not there is an error (default: somebody else's variable)
--       range: 10.0.0.0/8              where the server's address may be, or a list of such (default: public addresses)
--       ca: corp.pem                   who signed the server's certificate (default: those that the system trusts)
--       certificate: client.pem, key: client.key    a certificate of our own
--       secret: [DB_PASSWORD]          which of the variables are secret, or globs with *
--
-- The server is granted to this provider by being named, and so are the variables of the environment and the files, which are relative to
-- moonstep.yaml. A key is read by one request, and what was read is kept for the run. Values are UTF-8 text without NULs.

local server = include "server.lua"
local template = include "template.lua"
local text = include "text.lua"

server.check(settings, "consul")
local names, own = server.names(settings)
if not names[1] then error("the provider consul needs names: [VARIABLE] or columns: {VARIABLE: key}", 0) end
local prefix = template.parse(settings.prefix or "", "prefix", own)

local function options()
  local asked = server.options(settings, { 200, 404 })
  asked.headers["X-Consul-Token"] = server.read(settings, "token")
  asked.query = { dc = settings.datacenter, ns = settings.namespace }
  return asked
end

-- The value of a key; false where there is none.
local function read_key(url, key)
  local answer = http.get(url, options())
  if answer.status == 404 then return false end
  local list = answer.json()
  local entry = type(list) == "table" and list[1]
  if type(entry) ~= "table" or entry.Key ~= key then error(("GET %s: the answer is not that of Consul"):format(url), 0) end
  if entry.Value == nil then return "" end -- it is null where the value is empty
  return text.of_base64(entry.Value, ("GET %s: its value"):format(url)), #answer.body
end

provider "consul" {
  summary = "variables from the key-value store of HashiCorp Consul",
  variables = names,
  secret = settings.secret,
  resolve = function(name, ctx)
    local key = template.fill(prefix, ctx) .. (settings.columns and settings.columns[name] or name)
    local url = ("%s/v1/kv/%s"):format(server.base(settings), key:gsub("[^/]+", template.percent))
    local value = server.once(ctx, url, "GET " .. url, function() return read_key(url, key) end)
    return value or server.nothing(settings, ("GET %s: there is no such key"):format(url))
  end,
}
