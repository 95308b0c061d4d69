-- The provider `git`: what the working copy is of, read from the repository's files, without git. Switched on in moonstep.yaml:
--
--   providers:
--     git:
--       folder: .              in the working copy, relative to moonstep.yaml (default: its own)
--       variables: {VERSION: tag}   which variable is what (default: these)
--
--   GIT_COMMIT: commit         the id of the commit that is checked out
--   GIT_SHORT_COMMIT: short    its first digits, as many as `short: 7` says; git shows more where these are not enough
--   GIT_BRANCH: branch         none when a commit is checked out rather than a branch
--   GIT_TAG: tag               the tag of that commit, or of its tag; of several, the last by name, where numbers in names count as numbers
--   GIT_REMOTE_URL: remote     the URL of the remote that `remote: origin` names, without user names, passwords and what follows a `?`
--   GIT_TAGS: tags             all tags of that commit by name, with spaces between them
--
-- Worktrees, submodules and SHA-256 repositories are read as they are. What cannot be told is an error: where an annotated tag is not among
-- the packed refs and its object is in a pack, `git pack-refs --all` writes down what it stands for; refs in a reftable cannot be read.
-- Of the configuration, the repository's own file counts: no include, no insteadOf. The rest of .git is not read, and other scripts are
-- granted none of it.

local inflate = include "inflate.lua"

local DEFAULTS = { GIT_COMMIT = "commit", GIT_SHORT_COMMIT = "short", GIT_BRANCH = "branch", GIT_TAG = "tag", GIT_REMOTE_URL = "remote",
  GIT_TAGS = "tags" }

local own, common = settings.git, settings.common -- the folder of this working copy and that of all of them, with a slash behind

local function is_id(text) return (#text == 40 or #text == 64) and text:find "^%x+$" ~= nil end

-- --- refs

local packed

-- The packed refs: name -> { id, what an annotated tag stands for }.
local function packed_refs()
  if packed then return packed end
  packed = {}
  local last
  for line in (files.read(common .. "packed-refs") or ""):gmatch "[^\n]+" do
    local id, name = line:match "^(%x+) (refs/.+)$"
    local peeled = line:match "^%^(%x+)"
    if id then
      last = { id }
      packed[name] = last
    elseif peeled and last then last[2] = peeled end
  end
  return packed
end

local function is_ref(name) return name:find "^refs/" and not name:find("..", 1, true) and not name:find("[%c ~^:?*%[\\]") end

-- The id that a ref has, by way of others where it names one; nil when it is not there yet.
local function id_of(name, depth)
  if depth > 5 then error("refs name each other without an end: " .. name, 0) end
  if not is_ref(name) then error("what HEAD names is no ref: " .. name, 0) end
  local text = files.read(common .. name)
  text = text and text:match "^%s*(.-)%s*$"
  if not text or text == "" then return packed_refs()[name] and packed_refs()[name][1] end
  local other = text:match "^ref:%s*(.+)$"
  if other then return id_of(other, depth + 1) end
  if not is_id(text) then error(common .. name .. " holds no id of a commit", 0) end
  return text
end

-- HEAD as { branch, commit }, of which either may be missing.
local function read_head()
  local text = (files.read(own .. "HEAD") or ""):match "^%s*(.-)%s*$"
  local name = text:match "^ref:%s*(.+)$"
  if name == "refs/heads/.invalid" then error("the refs of this repository are a reftable, which is not read", 0) end
  if name then return { branch = name:match "^refs/heads/(.+)$", commit = id_of(name, 1) } end
  if not is_id(text) then error(own .. "HEAD holds neither a ref nor the id of a commit", 0) end
  return { commit = text }
end

local known_head

local function head()
  known_head = known_head or read_head()
  return known_head
end

-- --- tags

-- What a tag's id stands for in the end. An object that is a tag begins "tag SIZE\0object ID\n".
local function target_of(name, id, depth)
  if id == head().commit then return id end
  local path = ("%sobjects/%s/%s"):format(common, id:sub(1, 2), id:sub(3))
  if depth > 10 then error("tags name each other without an end: " .. name, 0) end
  local bytes = files.read(path)
  if not bytes then
    error(("what the tag %s stands for is in a pack, which is not read; `git pack-refs --all` writes it down"):format(name), 0)
  end
  local ok, text = pcall(inflate, bytes, 120)
  if not ok then error(("%s is no object: %s"):format(path, text), 0) end
  local inner = text:match "^tag %d+\0object (%x+)\n"
  if inner then return target_of(name, inner, depth + 1) end
  return id
end

-- All tags: name -> the id that it stands for.
local function tag_ids()
  local all = {}
  for name, entry in pairs(packed_refs()) do
    local tag = name:match "^refs/tags/(.+)$"
    if tag then all[tag] = entry[2] or entry[1] end
  end
  for _, tag in ipairs(files.list(common .. "refs/tags") or {}) do
    local name = "refs/tags/" .. tag
    local id, entry = is_ref(name) and id_of(name, 1), packed_refs()[name]
    if id then all[tag] = entry and entry[1] == id and all[tag] or target_of(tag, id, 0) end
  end
  return all
end

-- Names with their numbers written so that they sort as numbers.
local function sort_key(name)
  return (name:gsub("%d+", function(digits) return ("%03d%s"):format(#digits, digits) end))
end

local known_tags

-- The tags of the commit, the last by number last.
local function tags()
  if known_tags then return known_tags end
  local found = {}
  for name, id in pairs(head().commit and tag_ids() or {}) do
    if id == head().commit then found[#found + 1] = name end
  end
  table.sort(found, function(a, b) return sort_key(a) < sort_key(b) end)
  known_tags = found
  return found
end

-- --- the remote

-- A value of git's configuration without quotes, escapes and comments.
local function plain(text)
  local out, quoted, at = {}, false, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c == "\\" then
      at = at + 1
      c = text:sub(at, at)
      out[#out + 1] = c == "n" and "\n" or c == "t" and "\t" or c
    elseif c == '"' then quoted = not quoted
    elseif not quoted and c:find "[#;]" then break
    else out[#out + 1] = c end
    at = at + 1
  end
  return (table.concat(out):gsub("%s+$", ""))
end

-- The first URL of a remote, or nil.
local function url_of(remote)
  local within = false
  for line in (files.read(common .. "config") or ""):gsub("\\\r?\n", ""):gmatch "[^\r\n]+" do
    local section, rest = line:match "^%s*%[%s*([^%]\"]-)%s*%](.*)$"
    if not section then
      local name
      section, name, rest = line:match '^%s*%[%s*([%w.-]+)%s+"(.-)"%s*%](.*)$'
      if section then within = section:lower() == "remote" and plain('"' .. name .. '"') == remote end
    else within = false end
    local url = within and (rest or line):match "^%s*[uU][rR][lL]%s*=%s*(.*)$"
    if url then return plain(url) end
  end
end

-- A URL that may be shown. The user of ssh is no secret, and without it the URL would be another one.
local function without_credentials(url)
  local scheme, rest = url:match "^(%a[%w+.-]*://)(.*)$"
  if not scheme then return url end
  local authority, path = rest:match "^([^/?#]*)([^?#]*)"
  local user, host = authority:match "^(.*)@(.-)$"
  if not user then return scheme .. authority .. path end
  local kept = scheme:find "ssh" and user:match "^[^:]*" .. "@" or ""
  return scheme .. kept .. host .. path
end

-- --- the provider

local ANSWERS = {
  commit = function() return head().commit end,
  short = function() return head().commit and head().commit:sub(1, settings.short or 7) end,
  branch = function() return head().branch end,
  tag = function() return tags()[#tags()] end,
  tags = function() return #tags() > 0 and table.concat(tags(), " ") or nil end,
  remote = function()
    local url = url_of(settings.remote or "origin")
    return url and without_credentials(url)
  end,
}

local variables, names = settings.variables or DEFAULTS, {}
for name, what in pairs(variables) do
  if not ANSWERS[what] then
    error(("the provider git knows no %s: it is commit, short, branch, tag, tags or remote"):format(what), 0)
  end
  names[#names + 1] = name
end

provider "git" {
  summary = "commit, branch, tag and remote of the working copy",
  variables = names,
  resolve = function(name)
    if not own then error(("there is no git repository in %s or above it"):format(settings.folder or "the folder of moonstep.yaml"), 0) end
    return ANSWERS[variables[name]]()
  end,
}
