-- The provider `file`: variables from the files of a folder, one a file, as Kubernetes mounts Secrets and ConfigMaps. Switched on in
-- moonstep.yaml:
--
--   providers:
--     file:
--       folder: /run/secrets/database   relative to moonstep.yaml
--       names: [DB_*]                   which variables it may answer (default: all that are files there)
--       columns: {DB_PASSWORD: password}    which variable is which file, where their names differ
--       exact: true                     keep a line end at the end of a file (default: one is left out)
--       secret: [DB_PASSWORD]           which of the variables are secret, or globs with *
--
-- What the folder does not have is somebody else's: the next provider is asked. A file may be a link within the folder, as those of a
-- mounted Secret are, but not out of it. It holds at most 1 MiB of UTF-8 text without NULs.

local MOST = 1 << 20 -- bytes, as of a Secret

if not settings.folder then error("the provider file needs the folder that its files are in: folder: PATH", 0) end
local columns = settings.columns or {}

local function checked(text, path)
  if #text > MOST then error(("%s has %d bytes; at most 1 MiB are taken as a variable's value"):format(path, #text), 0) end
  if not utf8.len(text) or text:find("\0", 1, true) then error(path .. " is no text: it has bytes that are no UTF-8, or NULs", 0) end
  return text
end

-- The names of variables, which are the files' but where columns say otherwise. Kubernetes keeps its own under names with two dots.
local function file_of(name)
  local file = columns[name] or name
  if not columns[name] and (file:find("/", 1, true) or file:find "^%.") then return nil end
  return file
end

local names = {}
for _, name in ipairs(settings.names or (settings.columns and {} or { "*" })) do names[#names + 1] = name end
for name in pairs(columns) do names[#names + 1] = name end

provider "file" {
  summary = "variables from the files of a folder, one a file",
  variables = names,
  secret = settings.secret,
  resolve = function(name)
    local file = file_of(name)
    local path = file and settings.folder .. "/" .. file
    local text = path and files.read(path)
    if not text then return nil end
    checked(text, path)
    return settings.exact and text or (text:gsub("\r?\n$", ""))
  end,
}
