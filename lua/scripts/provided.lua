-- The built-in providers that moonstep.yaml switches on: which script each is, and what its settings grant.
--
-- Who names a file in the settings of a provider wants it read, and who names a server wants it asked, so that is all that has to be said.
-- A variable of the environment that holds a token or password is a secret to all.
local diag = require "base.diag"
local files = require "engine.files"
local grants_folder = require "scripts.grants".folder_of
local place = require "base.place"

local provided = {}

-- --- where a git repository is

local MOST_LINK = 4096 -- bytes of a file that names a folder of git's

-- The path that a file of one line holds, seen from the folder that the file is in; nil where there is none.
local function linked(file, pattern)
  local text = files.read(file, MOST_LINK)
  local path = text and text:match(pattern)
  if not path then return nil end
  return files.absolute(path:sub(1, 1) == "/" and path or grants_folder(file) .. path)
end

-- The .git of the working copy that a folder is in, a folder or a file that names one.
local function find_git(folder)
  while true do
    local path = (folder == "/" and "" or folder) .. "/.git"
    if files.is_folder(path) then return path end
    local elsewhere = files.exists(path) and linked(path, "^gitdir: ([^\n]*)\n?$")
    if elsewhere then return elsewhere end
    if folder == "/" then return nil end
    folder = folder:match "^(.+)/[^/]*$" or "/"
  end
end

-- Allows what the provider git reads, if it is there, and tells it where.
local function allow_git(grants, settings, folder)
  local at = settings.folder or "."
  local git = find_git(files.absolute(at:sub(1, 1) == "/" and at or folder .. at))
  local common = git and (linked(git .. "/commondir", "^([^\n]*)\n?$") or git)
  if not git or not files.exists(git .. "/HEAD") or not files.is_folder(common .. "/objects") then return end
  grants:allow_read(git .. "/HEAD", "")
  for _, name in ipairs { "refs", "packed-refs", "config", "objects" } do grants:allow_read(common .. "/" .. name, "") end
  settings.git, settings.common = git .. "/", common .. "/"
end

-- --- servers

local SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"

local function wrong(settings, key, words, ...)
  diag.raise { rule = "bad-config", place = place.of(settings, key) or place.of(settings), message = words:format(...) }
end

-- The ranges of addresses that the server may have: `range: 10.0.0.0/8`, or a list of them.
local function ranges_of(settings)
  local range = settings.range
  if range == nil then return {} end
  local list = type(range) == "table" and range or { range }
  local fine = list[1] ~= nil
  for _, each in ipairs(list) do fine = fine and type(each) == "string" end
  if not fine then wrong(settings, "range", "range must be a range of addresses such as 10.0.0.0/8, or a list of them") end
  return list
end

-- Allows to ask the server of `url`, on public addresses or in the ranges.
local function allow_server(grants, settings)
  local url = settings.url
  if not url then return end -- the provider says what is missing
  local scheme, server = url:match "^(https?)://([^/?#]*)"
  if not scheme or server == "" then wrong(settings, "url", "url must begin https://HOST or http://HOST") end
  if server:find("@", 1, true) then -- the line is not shown
    diag.raise { rule = "bad-config", place = { file = place.of(settings, "url").file },
      message = "user names and passwords do not stand in url; there are settings for them" }
  end
  if server:find "[{}]" then wrong(settings, "url", "the server in url must be the same for all targets") end
  local origin = (scheme == "http" and "http://" or "") .. server
  local ranges = ranges_of(settings)
  local why = not ranges[1] and grants:allow_http(origin)
  if why then wrong(settings, "url", "url: %s", why) end
  for _, range in ipairs(ranges) do
    why = grants:allow_http(origin .. "@" .. range)
    if why then wrong(settings, "range", "%s", why) end
  end
end

-- Allows what `NAME_file` and `NAME_env` of the settings name.
local function allow_secret(grants, settings, name, folder)
  local file, variable = settings[name .. "_file"], settings[name .. "_env"]
  if file then grants:allow_read(file, folder) end
  if not variable then return end
  grants:allow_env(variable)
  grants:hide_env(variable)
end

-- What all providers have that ask a server.
local function allow_asking(grants, settings, folder)
  allow_server(grants, settings)
  for _, name in ipairs { "token", "password" } do allow_secret(grants, settings, name, folder) end
  for _, name in ipairs { "ca", "certificate", "key" } do
    if settings[name] then grants:allow_read(settings[name], folder) end
  end
end

-- Vault has ways to log in beside tokens. Without any, it is the token that Vault's own tool takes.
local function allow_vault(grants, settings, folder)
  local approle, account = settings.approle, settings.kubernetes
  if not (approle or account or settings.token_file) then settings.token_env = settings.token_env or "VAULT_TOKEN" end
  allow_asking(grants, settings, folder)
  if approle then allow_secret(grants, approle, "secret_id", folder) end
  if account then
    account.token_file = account.token_file or SERVICE_ACCOUNT
    allow_secret(grants, account, "token", folder)
  end
end

-- --- all of them

-- name -> { script, allow(grants, settings, folder of moonstep.yaml) }, which may add to the settings
local PROVIDERS = {
  env = { "lua/providers/env.lua", function(grants, settings)
    for _, variable in ipairs(settings.names or {}) do grants:allow_env((settings.prefix or "") .. variable) end
    for _, variable in ipairs(settings.secret or {}) do grants:hide_env((settings.prefix or "") .. variable) end
  end },
  inventory = { "lua/providers/inventory.lua", function(grants, settings, folder)
    if settings.file then grants:allow_read(settings.file, folder) end
  end },
  file = { "lua/providers/file.lua", function(grants, settings, folder)
    if settings.folder then grants:allow_read(settings.folder, folder) end
  end },
  git = { "lua/providers/git.lua", allow_git },
  kubernetes = { "lua/providers/kubernetes.lua", function(grants, settings)
    if settings.context then grants:allow_kube(settings.context) end
  end },
  dotenv = { "lua/providers/dotenv.lua", function(grants, settings, folder)
    for _, file in ipairs(settings.files or {}) do grants:allow_read(file, folder) end
  end },
  ["http-json"] = { "lua/providers/http-json.lua", allow_asking },
  vault = { "lua/providers/vault.lua", allow_vault },
  consul = { "lua/providers/consul.lua", allow_asking },
  etcd = { "lua/providers/etcd.lua", allow_asking },
}

-- allow(name, grants, settings, folder) -> the script of the provider, for which the grants allow from then on what its settings name.
function provided.allow(name, grants, settings, folder)
  local provider = PROVIDERS[name]
  provider[2](grants, settings, folder)
  return provider[1]
end

return provided
