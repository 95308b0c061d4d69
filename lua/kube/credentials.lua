-- As whom a cluster is asked: what a request has to carry, and how that stays fresh.
--
-- The first of these that the user of a context has: a token file, a token, a name with a password, a command (kube.plugin). A client
-- certificate goes with any of them.
--
-- A token file is read again when what was read is older than a minute; a command is run again when its credentials have expired. Both are
-- asked again when the cluster says 401.
local base64 = require "base.base64"
local certificate = require "kube.certificate"
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"

local credentials = {}

local MOST_TOKEN = 1 << 20 -- bytes
local FRESH = 60 -- seconds that a token file counts

local Credentials = {}
Credentials.__index = Credentials

local function raise(words, ...) diag.raise { rule = "kube", of_script = true, message = words:format(...) } end

-- The token in the file. One that cannot be read for the moment does not count as gone.
local function read_file(self)
  local path = self.settings.token_file
  local text, problem = files.read(path, MOST_TOKEN)
  local token = text and text:match "^%s*(.-)%s*$"
  if token and token:find "^[\33-\126]+$" then
    self.token, self.read_at = token, self.clock()
  elseif not self.token then
    self.token = self.settings.token or raise("the token file %s of %s %s", path, self.settings.user,
      text and "holds no token" or "cannot be read: " .. problem.message)
  end
  return self.token
end

local function file_token(self)
  if self.read_at and self.clock() - self.read_at < FRESH then return self.token end
  return read_file(self)
end

-- What the command gave, which is run where that is no more.
local function of_command(self)
  local given = self.given
  if not given or (given.expires and given.expires <= self.clock()) then
    given = self.plugin:credentials()
    self.given = given
  end
  return given
end

local function is_static(settings) return settings.token or settings.token_file or settings.basic end

-- put_into(request) -> what was used, for renew: adds headers and the certificate, and to request.secrets what no message may show.
function Credentials:put_into(request)
  local settings = self.settings
  local headers, token, used = request.headers, settings.token, nil
  request.certificate, request.key = settings.certificate, settings.key
  if settings.token_file then
    token = file_token(self)
    used = token
  elseif not is_static(settings) and self.plugin then
    used = of_command(self)
    token = used.token
    if used.certificate then request.certificate, request.key = used.certificate, used.key end
  end
  if token then
    headers.authorization = "Bearer " .. token
    table.insert(request.secrets, token)
  elseif settings.basic then
    local pair = base64.encode(table.concat(settings.basic, ":"))
    headers.authorization = "Basic " .. pair
    table.insert(request.secrets, pair)
    table.insert(request.secrets, settings.basic[2])
  end
  headers["impersonate-user"] = settings.impersonate
  return used
end

-- renew(what was used) -> true when there may be other credentials than those, which the cluster refused
function Credentials:renew(used)
  if self.settings.token_file then return self.token ~= used or read_file(self) ~= used end
  if not used then return false end
  if self.given == used then self.given = nil end -- else another request has found out before
  return true
end

-- refused() -> what to do about credentials that the cluster does not take
function Credentials:refused()
  local settings = self.settings
  if settings.token_file then return ("the token in %s may have expired"):format(settings.token_file) end
  if settings.token then return "the token may have expired; put a new one into the kubeconfig" end
  if settings.basic then return "clusters since Kubernetes 1.19 take no passwords" end
  if self.plugin then return ("log in anew with what the command %s belongs to"):format(self.plugin.command) end
  local ended = settings.certificate and certificate.expired(settings.certificate, self.clock())
  if ended then return ("the client certificate expired on %s; get a new one"):format(ended) end
  if settings.certificate then return "the client certificate may have expired, or be another cluster's" end
  return "it has no credentials: no token, no client certificate, no command"
end

-- new(settings of kube.cluster, plugin or nil [, clock]) -> credentials
function credentials.new(settings, plugin, clock)
  return setmetatable({ settings = settings, plugin = plugin, clock = clock or host.clock }, Credentials)
end

return credentials
