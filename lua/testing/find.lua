-- Which files hold tests, and which scripts a file's tests are about.
local files = require "engine.files"
local grants = require "scripts.grants"

local find = {}

local ENDING = "_test.lua"

-- A listed path without the "./" of the working folder.
local function plain(path) return (path:gsub("^%./", "")) end

-- tests(paths) -> the files with tests among the paths and below folders, each once | nil, problem
function find.tests(paths)
  local found, seen = {}, {}
  local function add(path)
    local file = plain(path)
    if not seen[file] then found[#found + 1] = file end
    seen[file] = true
  end
  for _, path in ipairs(paths) do
    if files.is_folder(path) then
      local listed, problem = files.list(path, true, ENDING)
      if not listed then return nil, problem end
      for _, file in ipairs(listed) do add(file) end
    else add(path) end
  end
  return found
end

-- A script of its own: no tests, and no annotations for editors.
local function is_script(path) return not path:find(ENDING .. "$") and not path:find "%.meta%.lua$" end

-- scripts(file of tests, configuration) -> the scripts that its tests are about when they name none: the folder's pack.lua, or those that
-- the folder's moonstep.yaml names, or all that lie in it. Raises nothing; a folder that cannot be listed has none.
function find.scripts(file, site)
  local folder = grants.folder_of(file)
  if files.exists(folder .. "pack.lua") then return { folder .. "pack.lua" } end
  if site.file and site.folder == folder and site.scripts[1] then return site.scripts end
  local found = {}
  for _, path in ipairs(files.list(grants.as_path(folder), false, ".lua") or {}) do
    if is_script(path) then found[#found + 1] = plain(path) end
  end
  return found
end

return find
