-- Grants: what scripts may read, which is what the operator allowed and nothing else.
--
-- `read` grants name files or folders, `env` grants names of environment variables, as globs are written for variables where `*` is
-- meant, `http` grants name servers (scripts.origins). A script says in `needs` what it wants; what is missing is named
-- before anything runs. `kube` grants name contexts, whose clusters scripts may read.
local diag = require "base.diag"
local files = require "engine.files"
local glob = require "base.glob"
local origins = require "scripts.origins"

local grants = {}

local Grants = {}
Grants.__index = Grants

local function absolute(path)
  local full, problem = files.absolute(path)
  if not full then diag.raise { rule = problem.id, message = problem.message } end
  return full
end

-- The folder of a file's path, with a slash behind it; "" for a file of the working folder.
function grants.folder_of(path) return path:match "^(.*/)[^/]*$" or "" end

-- What the system calls a folder of folder_of.
function grants.as_path(folder) return folder == "" and "." or folder end

-- Allows a path, relative to `base`.
function Grants:allow_read(path, base) table.insert(self.read, absolute(path:sub(1, 1) == "/" and path or base .. path)) end

function Grants:allow_env(name) table.insert(self.env, name) end

-- Makes what the variables of that name hold secret, whoever is granted them.
function Grants:hide_env(name) table.insert(self.hidden, name) end

-- The grant that the absolute path lies in, or nil.
function Grants:covering(full)
  for _, granted in ipairs(self.read) do
    if full == granted or granted == "/" or full:sub(1, #granted + 1) == granted .. "/" then return granted end
  end
end

local function any_matches(globs, name)
  for _, each in ipairs(globs) do
    if glob.matches(each, name) then return true end
  end
  return false
end

function Grants:allows_env(name) return any_matches(self.env, name) end

function Grants:hides_env(name) return any_matches(self.hidden, name) end

-- Allows a server, as scripts.origins reads it. Returns nil, or why it is none.
function Grants:allow_http(text)
  local origin, why = origins.read(text)
  if not origin then return why end
  table.insert(self.servers, origin)
end

-- Allows to read objects of the cluster of a context.
function Grants:allow_kube(context) table.insert(self.contexts, context) end

function Grants:allows_kube(context)
  for _, granted in ipairs(self.contexts) do
    if granted == context then return true end
  end
  return false
end

-- http(url) -> { ranges = where its address may be, open = it may be public }, or nil when its origin is not granted
function Grants:http(url)
  local granted = self.common and self.common:http(url)
  for _, origin in ipairs(self.servers) do
    if origins.same(origin, url) then
      granted = granted or { ranges = {}, open = false }
      table.insert(granted.ranges, origin.range)
      granted.open = granted.open or not origin.range
    end
  end
  return granted
end

-- The folder that nothing may lead out of, the granted one or that of the granted file, and the path below it, for what the script of
-- the given folder names.
function Grants:beneath(path, folder)
  local full = absolute(path:sub(1, 1) == "/" and path or folder .. path)
  local granted = self:covering(full)
  if not granted then
    error(("reading %s is not granted; add it to grants: read: in moonstep.yaml, or --grant read=%s"):format(path, path), 0)
  end
  local root = files.is_folder(granted) and granted or grants.folder_of(granted)
  return root, full == root and "." or full:sub(#root + (root:sub(-1) == "/" and 1 or 2))
end

-- What the system says of a path that leads to nothing.
local function is_missing(problem)
  return problem.message:find ": No such file or directory$" ~= nil or problem.message:find ": Not a directory$" ~= nil
end

-- Reads a file of at most so many bytes for the script of the given folder. Raises what a script's user should see; where there is no
-- such file, `optional` makes that nil.
function Grants:read_file(path, folder, most, optional)
  local root, below = self:beneath(path, folder)
  local bytes, problem = files.read_beneath(root, below, most)
  if bytes then return bytes end
  if optional and is_missing(problem) then return nil end
  error(problem.message, 0)
end

-- The files of a granted folder and of those in it, in the order of their paths, which are relative to it; nil where there is no such
-- folder.
function Grants:list_files(path, folder)
  local root, below = self:beneath(path, folder)
  local names, problem = files.list_beneath(root, below)
  if not names then
    if is_missing(problem) then return nil end
    error(problem.message, 0)
  end
  table.sort(names)
  return names
end

-- Whether a server that a script needs is granted, in a range when it asks for one.
function Grants:covers_http(text)
  local wanted = origins.read(text)
  for _, origin in ipairs(wanted and self.servers or {}) do
    local same = origin.scheme == wanted.scheme and origin.host == wanted.host and origin.port == wanted.port
    if same and (origin.range or not wanted.range) then return true end
  end
  return false
end

function Grants:covers_env(name)
  local plain = not name:find("*", 1, true)
  local covered = plain and self:allows_env(name)
  for _, granted in ipairs(self.env) do covered = covered or granted == name or granted == "*" end
  return covered
end

-- wanted(needs, folder) -> what a script of the folder needs: { { kind = "read", what = "inventory.yaml", granted = boolean }, … }
function Grants:wanted(needs, folder)
  local wanted = {}
  local function add(kind, what, granted) wanted[#wanted + 1] = { kind = kind, what = what, granted = granted and true or false } end
  for _, path in ipairs(needs.read or {}) do
    local full = path:sub(1, 1) == "/" and path or folder .. path
    add("read", full, self:covering(absolute(full)))
  end
  for _, name in ipairs(needs.env or {}) do add("env", name, self:covers_env(name)) end
  for _, text in ipairs(needs.http or {}) do add("http", text, self:covers_http(text)) end
  for _, context in ipairs(needs.kube or {}) do add("kube", context, self:allows_kube(context)) end
  return wanted
end

-- list() -> what is granted, as it is written
function Grants:list()
  local all = {}
  for _, path in ipairs(self.read) do all[#all + 1] = "read=" .. path end
  for _, name in ipairs(self.env) do all[#all + 1] = "env=" .. name end
  for _, origin in ipairs(self.servers) do all[#all + 1] = "http=" .. origin.text end
  for _, context in ipairs(self.contexts) do all[#all + 1] = "kube=" .. context end
  return all
end

-- new([common]) -> grants that allow nothing; or private ones, which allow to ask also what the common grants allow
function grants.new(common)
  return setmetatable({ read = {}, env = {}, hidden = {}, servers = {}, contexts = {}, common = common }, Grants)
end

return grants
