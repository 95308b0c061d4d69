-- The built-in providers that moonstep.yaml switches on: which script each is, and what its settings grant.
--
-- Who names a file in the settings of a provider wants it read, so that is all that has to be said.
local files = require "engine.files"
local grants_folder = require "scripts.grants".folder_of

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
  dotenv = { "lua/providers/dotenv.lua", function(grants, settings, folder)
    for _, file in ipairs(settings.files or {}) do grants:allow_read(file, folder) end
  end },
}

-- allow(name, grants, settings, folder) -> the script of the provider, for which the grants allow from then on what its settings name.
function provided.allow(name, grants, settings, folder)
  local provider = PROVIDERS[name]
  provider[2](grants, settings, folder)
  return provider[1]
end

return provided
