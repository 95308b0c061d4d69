-- How the AppBinding that is the target says its database is reached: variables for Functions of the catalogue, and for any others.
--
--   APPBINDING_HOST     clientConfig.service.name in the AppBinding's namespace, or the host of clientConfig.url
--   APPBINDING_PORT     of either, where it is given
--   APPBINDING_SCHEME   of either
--   APPBINDING_SECRET   spec.secret.name: the Secret with the credentials
--
-- Where the target is no AppBinding, or it does not say, they have no value. A provider like any other, on the public script API; a
-- param goes before it.

-- scheme, host, port of a URL; those that it does not have are nil
local function parts_of(url)
  local scheme = url:match "^([%w+.-]+)://"
  local rest = url:gsub("^[%w+.-]+://", ""):gsub("[/?#].*$", ""):gsub("^.*@", "")
  local host, port = rest:match "^(%[[^%]]*%]):?(%d*)$"
  if not host then host, port = rest:match "^([^:]*):?(%d*)$" end
  return scheme, host ~= "" and host or nil, port ~= "" and port or nil
end

-- A field of something that may be anything.
local function field(v, name)
  if type(v) ~= "table" then return nil end
  return v[name]
end

local function url_of(client)
  local url = field(client, "url")
  return type(url) == "string" and url or ""
end

local FIELDS = {
  APPBINDING_HOST = function(client, ref)
    local name = field(field(client, "service"), "name")
    if name then return ("%s.%s.svc"):format(name, ref.namespace) end
    return (select(2, parts_of(url_of(client))))
  end,
  APPBINDING_PORT = function(client)
    local port = field(field(client, "service"), "port")
    return port and tostring(port) or (select(3, parts_of(url_of(client))))
  end,
  APPBINDING_SCHEME = function(client) return field(field(client, "service"), "scheme") or (parts_of(url_of(client))) end,
  APPBINDING_SECRET = function(_, _, spec) return field(field(spec, "secret"), "name") end,
}

local names = {}
for name in pairs(FIELDS) do names[#names + 1] = name end

provider "appbinding" {
  summary = "how the target is reached, from its AppBinding",
  variables = names,
  resolve = function(name, ctx)
    if not ctx.invoker then return nil end
    local ref = ctx.target.ref
    if not ref or ref.kind ~= "AppBinding" then return nil end
    local found = ctx:find("AppBinding", ref.name, ref.namespace)
    local spec = found and found.spec
    return spec and FIELDS[name](spec.clientConfig, ref, spec)
  end,
}
