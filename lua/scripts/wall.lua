-- The second wall, entered when it is known what a run will need and nothing of strangers has been read yet: see engine/host/wall.h. Files
-- that are named by URL have been fetched before, so that no network is needed for them.
--
-- What a run may read: the files that it was given, scripts and what lies beside them, which they include, and what is granted. What it may
-- write: reports, with --fix the given files, with --record what servers answer, and with --out what is rendered. Who renders a batch may
-- fork.
local grants = require "scripts.grants"
local http = require "engine.http"
local remote = require "scripts.remote"
local wall = require "engine.wall"

-- A script and the folder that it may include files from.
local function add_script(read, path)
  if remote.is_url(path) then return end
  local folder = grants.folder_of(path)
  read[#read + 1] = path
  read[#read + 1] = grants.as_path(folder)
end

-- A pack may include files from the folder above it too.
local function add_policy(read, name)
  local path, builtin = require "scripts.packs".find(name)
  if builtin then return end
  add_script(read, path)
  if path:find "pack%.lua$" then read[#read + 1] = grants.folder_of(path) .. ".." end
end

-- What asking a server takes: libcurl and what it loads, names of hosts, certificates of authorities.
local NETWORK = { "/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf",
  "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/ssl", "/etc/ca-certificates",
  "/usr/share/ca-certificates", "/usr/local/share/ca-certificates" }

-- wall(config, given, granted, providers, clusters): `config` and `given` are the registry's, `granted` are the grants of scripts,
-- `providers` those that are switched on, as the registry has them, `clusters` kube.clusters. given.wall is { files = paths of documents,
-- deep = they are looked for in folders of folders too, reports = files that are written, fix = the documents are, targets = the rows of a
-- batch, out = the folder that it fills, fill = folders that a run on this machine fills }.
return function(config, given, granted, providers, clusters)
  local asked, read, documents = given.wall, {}, {}
  for _, path in ipairs(asked.files) do
    if not remote.is_url(path) then documents[#documents + 1] = path end
  end
  table.move(documents, 1, #documents, 1, read)
  for _, path in ipairs(config.scripts) do add_script(read, path) end
  for _, path in ipairs(given.scripts) do add_script(read, path) end
  for _, name in ipairs(config.policies) do add_policy(read, name) end
  for _, name in ipairs(given.policies) do add_policy(read, name) end
  for _, path in ipairs(granted.read) do read[#read + 1] = path end
  for _, provider in ipairs(providers) do
    for _, path in ipairs(provider[3].read) do read[#read + 1] = path end
  end
  for _, folder in ipairs(clusters:folders()) do read[#read + 1] = folder end
  local network = granted.servers[1] ~= nil or clusters:any()
  for _, provider in ipairs(providers) do network = network or provider[3].servers[1] ~= nil end
  if network then table.move(NETWORK, 1, #NETWORK, #read + 1, read) end
  local exchanges, replace = given.exchanges or {}, {}
  for _, path in ipairs(asked.reports or {}) do replace[#replace + 1] = path end
  if exchanges.replay then read[#read + 1] = exchanges.replay end
  if exchanges.record then replace[#replace + 1] = exchanges.record .. "/any" end
  if asked.targets then read[#read + 1] = asked.targets end
  if not network then http.disconnect() end
  wall.enter { read = read, network = network, workers = asked.targets ~= nil, deep = asked.deep, replace = replace,
    replace_all = asked.fix and documents or nil, fill = asked.fill or { asked.out } }
end
