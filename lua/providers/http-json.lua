-- The provider `http-json`: variables from JSON that a server answers with, one request for all variables of a target. Switched on in
-- moonstep.yaml:
--
--   providers:
--     http-json:
--       url: https://inventory.corp/db/{TARGET_NAME}?ns={TARGET_NAMESPACE}     {NAME} is a variable's value, percent-encoded
--       columns: {OWNER: /owner, COST_CENTRE: /billing/centre}   which variable is what: JSON pointers (RFC 6901)
--       headers: {X-Team: storage}
--       token_env: INVENTORY_TOKEN     the variable of the environment, or token_file: the file, with the bearer token
--       token_header: X-Api-Key        the header that the token is sent in, as it is (default: Authorization, as a bearer token)
--       user: moonstep                 or a user, and password_env or password_file
--       missing: error                 status 404, or nothing where a pointer leads, is an error (default: somebody else's variable)
--       range: 10.0.0.0/8              where the server's address may be, or a list of such (default: public addresses)
--       ca: corp.pem                   who signed the server's certificate (default: those that the system trusts)
--       certificate: client.pem, key: client.key     a certificate of our own
--       secret: [OWNER]                which of the variables are secret, or globs with *
--
-- The server is granted to this provider by being named, and so are the variables of the environment and the files, which are relative to
-- moonstep.yaml. Numbers and booleans become text, null counts as nothing, a list or map is an error. Names of variables in `url` are those
-- that Stash sets (TARGET_NAME, TARGET_NAMESPACE, TARGET_KIND, REPOSITORY_NAME, INVOKER_NAME and others), or come from --set.

local pointer = include "pointer.lua"
local server = include "server.lua"
local template = include "template.lua"
local text = include "text.lua"

server.check(settings, "http-json")
local names, own = server.names(settings)
if not names[1] then error("the provider http-json needs columns: {VARIABLE: /pointer}", 0) end
for name, at in pairs(settings.columns) do
  local why = pointer.why(at)
  if why then error(("columns: %s: %s is no JSON pointer: %s"):format(name, at, why), 0) end
end
if settings.user and settings.token_header then error("user and token_header exclude each other", 0) end
local url_parts = template.parse(settings.url, "url", own)

-- Who asks, and the headers that the site wants.
local function options()
  local asked = server.options(settings, { 200, 404 })
  for name, v in pairs(settings.headers or {}) do asked.headers[name] = v end
  local token, password = server.read(settings, "token"), server.read(settings, "password")
  asked.auth = asked.auth or {}
  if settings.user then
    if not password then error("user needs password_env or password_file", 0) end
    asked.auth.basic = { settings.user, password }
  elseif token and settings.token_header then asked.headers[settings.token_header] = token
  elseif token then asked.auth.bearer = token end
  return asked
end

-- What the server has for the target, false where that is nothing.
local function document_of(ctx, url)
  return server.once(ctx, url, "GET " .. server.shown(url), function()
    local answer = http.get(url, options())
    if answer.status == 404 then return false end
    return { answer.json() }, #answer.body
  end)
end

provider "http-json" {
  summary = "variables of the target, as a server answers with JSON",
  variables = names,
  secret = settings.secret,
  resolve = function(name, ctx)
    local url = template.fill(url_parts, ctx, template.percent)
    local document, at = document_of(ctx, url), settings.columns[name]
    local shown = "GET " .. server.shown(url)
    if not document then return server.nothing(settings, shown .. ": it answered 404 Not Found") end
    local found = pointer.find(document[1], at)
    if found == nil then return server.nothing(settings, ("%s: its answer has nothing at %s"):format(shown, at)) end
    return text.of_json(found, ("%s: %s of its answer"):format(shown, at == "" and "the whole" or at))
  end,
}
