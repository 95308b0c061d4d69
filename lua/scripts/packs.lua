-- Packs of rules: which script a name stands for.
--
-- What has "/" or "." at its start or ends in ".lua" is a path of a site's own: a script, or a folder with a pack.lua. A script may be
-- named by URL, too.
local diag = require "base.diag"
local files = require "engine.files"
local near = require "base.near"
local remote = require "scripts.remote"
local value = require "base.value"

local packs = {}

-- The packs that come with moonstep, as files in the repository.
local BUILTIN = {
  kubernetes = "policies/kubernetes/pack.lua",
  ["pod-security/baseline"] = "policies/pod-security/baseline.lua",
  ["pod-security/restricted"] = "policies/pod-security/restricted.lua",
  backup = "policies/backup/pack.lua",
  shell = "policies/shell/pack.lua",
}

-- is_path(text) -> whether it names a file rather than a pack of ours
function packs.is_path(text) return text:find "^[./]" ~= nil or text:find "%.lua$" ~= nil or remote.is_url(text) end

-- find(name or path) -> path, true when it comes with moonstep. Raises a diagnostic when there is none.
function packs.find(name)
  if BUILTIN[name] then return BUILTIN[name], true end
  if remote.is_url(name) then return name end
  if packs.is_path(name) then
    return files.is_folder(name) and (name:gsub("/*$", "/pack.lua")) or name
  end
  local names = value.keys(BUILTIN)
  local meant = near(name, names)
  diag.raise { rule = "unknown-policy", message = ("there is no policy %s; there is %s"):format(name, table.concat(names, ", ")),
    hint = meant and ("did you mean %s?"):format(meant) or "a policy of your own is named by its path, such as ./rules.lua" }
end

return packs
