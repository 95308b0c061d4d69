-- What a context says about a cluster: where it is, whom to trust, and as whom to ask.
--
-- cluster.read(name, kubeconfig path or nil) -> settings:
--   name                   the context's name
--   namespace              that of what names none, where the context says one
--   origin, server         "https://host:port" or "https://host", and the path below it, "" as a rule
--   ca                     PEM; nil: those that the system trusts
--   tls_name, proxy        the name in the server's certificate, where it is not the host; the proxy's URL
--   user                   in words, for messages
--   token, token_file      a bearer token; the file's counts first, and is read again now and then
--   basic                  { name, password }
--   certificate, key       PEM of the client
--   impersonate            as whom to act
--   exec                   what the kubeconfig says of a command that gives credentials (kube.plugin), as its entry's { value, folder }
--   about                  what such a command is told about the cluster
--   folders                those that must stay readable: token files are replaced while we run
--
-- Files of authorities, certificates and keys are read here, before the second wall. Refused is what would be less safe than it looks:
-- servers that are not verified, and servers without TLS that are not this machine (`kubectl proxy`).
local base64 = require "base.base64"
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local kubeconfig = require "kube.kubeconfig"
local value = require "base.value"

local cluster = {}

local field, wrong = kubeconfig.field, kubeconfig.wrong

local MOST_PEM = 1 << 20 -- bytes
local SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/"

cluster.IN_CLUSTER = "in-cluster" -- the name of the context that a Pod has

local function raise(words, ...) diag.raise { rule = "kube", of_script = true, message = words:format(...) } end

-- --- parts of entries

local function path_of(entry, path) return path:sub(1, 1) == "/" and path or entry.folder .. path end

-- PEM that stands in an entry in Base64 under `key`-data, or in a file under `key`; nil where there is neither.
local function pem(entry, key, title)
  local encoded = field(entry.value, key .. "-data", "string", title)
  local path = field(entry.value, key, "string", title)
  if encoded then
    local text = base64.decode((encoded:gsub("%s", "")))
    if not text or not text:find("-----BEGIN ", 1, true) then
      wrong(entry.value, key .. "-data", "%s.%s-data must be PEM in Base64", title, key)
    end
    return text
  elseif path then
    local text, problem = files.read(path_of(entry, path), MOST_PEM)
    if not text then wrong(entry.value, key, "%s.%s: %s", title, key, problem.message) end
    if not text:find("-----BEGIN ", 1, true) then wrong(entry.value, key, "%s.%s: %s is no PEM", title, key, path_of(entry, path)) end
    return text
  end
end

-- is_here(host) -> true for this machine
function cluster.is_here(name)
  return name:lower() == "localhost" or name == "[::1]" or name:find "^127%.%d+%.%d+%.%d+$" ~= nil
end

-- The origin and the path of a server's URL.
local function read_server(entry, title)
  local server = field(entry.value, "server", "string", title)
  if not server then wrong(entry.at, nil, "%s has no server", title) end
  local scheme, authority, path = server:match "^(https?)://([^/?#@%s%c]+)(/?[^?#%s%c]*)$"
  if not scheme then wrong(entry.value, "server", "%s.server must be a URL such as https://10.0.0.1:6443", title) end
  local name = authority:gsub(":%d+$", "")
  if scheme == "http" and not cluster.is_here(name) then
    wrong(entry.value, "server", "%s.server is asked without TLS; that is done on this machine only (kubectl proxy)", title)
  end
  return scheme .. "://" .. authority, (path:gsub("/+$", ""))
end

-- The kubeconfig's own words for a command that wants to know the cluster.
local function about(entry, settings)
  local v = entry.value
  local told = { server = settings.origin .. settings.server, ["tls-server-name"] = settings.tls_name, ["proxy-url"] = settings.proxy,
    ["certificate-authority-data"] = settings.ca and base64.encode(settings.ca) }
  for _, extension in ipairs(field(v, "extensions", "list", entry.name) or {}) do
    if type(extension) == "table" and extension.name == "client.authentication.k8s.io/exec" then told.config = extension.extension end
  end
  return told
end

local function read_cluster(settings, entry)
  local title = "cluster " .. entry.name
  settings.origin, settings.server = read_server(entry, title)
  if field(entry.value, "insecure-skip-tls-verify", "boolean", title) then
    wrong(entry.value, "insecure-skip-tls-verify", "%s is not to be verified, and such a server is not asked: anybody could answer; put "
      .. "certificate-authority-data there instead", title)
  end
  settings.ca = pem(entry, "certificate-authority", title)
  settings.tls_name = field(entry.value, "tls-server-name", "string", title)
  if settings.tls_name and not settings.tls_name:find "^[%w%-.]+$" then
    wrong(entry.value, "tls-server-name", "%s.tls-server-name must be the name of a host", title)
  end
  settings.proxy = field(entry.value, "proxy-url", "string", title)
  if settings.proxy and not settings.proxy:find "^https?://[^/]+:%d+/?$" then
    wrong(entry.value, "proxy-url", "%s.proxy-url must be a URL such as http://proxy.corp:3128; other schemes are not supported", title)
  end
  settings.about = about(entry, settings)
end

-- What would change who asks, and is not there: leaving it out could give more rights than were meant.
local REFUSED = {
  ["auth-provider"] = "kubectl has it no more either; an exec plugin takes its place",
  ["as-groups"] = "only `as` is supported", ["as-uid"] = "only `as` is supported", ["as-user-extra"] = "only `as` is supported",
}

local function folder_of(path) return path:match "^(.*/)[^/]*$" or "." end

local function read_user(settings, entry)
  local title, v = "user " .. entry.name, entry.value
  for key, why in value.pairs(REFUSED) do
    if not value.is_empty(v[key]) then wrong(v, key, "%s.%s is not supported: %s", title, key, why) end
  end
  settings.user = ("%s of %s"):format(title, entry.file)
  settings.token = field(v, "token", "string", title)
  local path = field(v, "tokenFile", "string", title)
  if path then
    settings.token_file = path_of(entry, path)
    table.insert(settings.folders, folder_of(settings.token_file))
  end
  local name, password = field(v, "username", "string", title), field(v, "password", "string", title)
  if name or password then settings.basic = { name or "", password or "" } end
  settings.certificate, settings.key = pem(entry, "client-certificate", title), pem(entry, "client-key", title)
  if (settings.certificate == nil) ~= (settings.key == nil) then
    wrong(entry.at, nil, "%s needs both client-certificate and client-key, or their -data", title)
  end
  settings.impersonate = field(v, "as", "string", title)
  local exec = field(v, "exec", "map", title)
  if exec then settings.exec = { value = exec, folder = entry.folder, title = title .. ".exec" } end
end

-- --- a Pod's own

-- Its service account, as Kubernetes mounts it.
local function in_cluster()
  local server, port = host.environment "KUBERNETES_SERVICE_HOST", host.environment "KUBERNETES_SERVICE_PORT"
  if not server or not port then
    raise "there is no context in-cluster: this is no Pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set)"
  end
  local token = SERVICE_ACCOUNT .. "token"
  if not files.exists(token) then raise("there is no context in-cluster: the Pod has no service account (%s cannot be read)", token) end
  local ca, problem = files.read(SERVICE_ACCOUNT .. "ca.crt", MOST_PEM)
  if not ca then raise("context in-cluster: %s", problem.message) end
  if server:find(":", 1, true) then server = "[" .. server .. "]" end
  return { name = cluster.IN_CLUSTER, origin = ("https://%s:%s"):format(server, port), server = "", ca = ca, token_file = token,
    user = "the Pod's service account", folders = { SERVICE_ACCOUNT } }
end

-- current(path of --kubeconfig or nil) -> the name of the context that is meant where none is named: the kubeconfig's current one, or that
-- of the Pod that this runs in
function cluster.current(path)
  local config = kubeconfig.load(path)
  local name = config:current()
  if name then return name end
  if host.environment "KUBERNETES_SERVICE_HOST" and next(config.contexts) == nil then return cluster.IN_CLUSTER end
  local names = value.keys(config.contexts)
  if not names[1] then
    diag.raise { rule = "kube", message = ("no cluster is named: no kubeconfig with contexts was found (looked for %s)"):format(
      config:looked_in()), hint = "--kubeconfig FILE or the environment's KUBECONFIG names one; `moonstep run --local` needs no cluster" }
  end
  diag.raise { rule = "kube", message = ("no context is named, and the kubeconfig (%s) has no current one; there is %s"):format(
    config:looked_in(), table.concat(names, ", ")), hint = "--context NAME names one; `kubectl config use-context` makes one the current" }
end

-- read(name of a context, path of --kubeconfig or nil) -> settings; what is wrong is raised as a diagnostic.
function cluster.read(name, path)
  if name == cluster.IN_CLUSTER then return in_cluster() end
  local context = kubeconfig.load(path):context(name)
  local settings = { name = name, user = "the context names no user", folders = {}, namespace = context.namespace }
  read_cluster(settings, context.cluster)
  if context.user then read_user(settings, context.user) end
  return settings
end

return cluster
