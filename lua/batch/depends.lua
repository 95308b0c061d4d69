-- What the output of a batch depends on, as digests: a run may only go on where another one ended if these are the same.
--
-- documents  the bytes of all documents that were read
-- rows       the bytes of the targets' file, or what a script declares; those of a pipe are not known
-- scripts    the configuration, scripts and packs of the site, what they may read, the environment's variables that they may ask for
-- options    what the command line says about the objects; not how many workers there are, or what is told
--
-- What servers answer is not known beforehand, so it is no part of this.
local config = require "scripts.config"
local diag = require "base.diag"
local sha256 = require "engine.digest".sha256
local files = require "engine.files"
local host = require "engine.host"
local out = require "engine.out"
local remote = require "scripts.remote"
local value = require "base.value"

local depends = {}

local BLOCK = 1 << 20 -- bytes that are read at once

-- A text of any values that differs when they do.
local function spelled(v)
  if type(v) ~= "table" then return ("%s %q"):format(type(v), tostring(v)) end
  local parts = {}
  for _, key in ipairs(value.keys(v)) do parts[#parts + 1] = tostring(key) .. "=" .. spelled(v[key]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The digest of a file's bytes, or words for why there is none: then it is not there, or no file.
local function of_file(path)
  local digits, problem = out.sha256(path)
  return digits or problem and problem.message or "no regular file"
end

-- The paths of a grant with the digests of what is there.
local function add_path(parts, path)
  if not files.is_folder(path) then
    parts[#parts + 1] = path .. " " .. of_file(path)
    return
  end
  local found, problem = files.list_beneath(path, ".")
  table.sort(found or {})
  for _, file in ipairs(found or {}) do parts[#parts + 1] = path .. "/" .. file .. " " .. of_file(path .. "/" .. file) end
  if problem then parts[#parts + 1] = path .. " " .. problem.message end
end

-- The variables of the environment that globs name.
local function add_environment(parts, granted)
  local all = host.variables()
  table.sort(all)
  for _, name in ipairs(all) do
    if granted:allows_env(name) then parts[#parts + 1] = name .. "=" .. host.environment(name) end
  end
end

local function of_scripts(registry, configuration)
  local parts = { configuration }
  for _, path in ipairs(value.keys(registry.files)) do
    if not remote.is_url(path) then add_path(parts, path) else parts[#parts + 1] = path end
  end
  local all = { registry.grants }
  for _, private in ipairs(registry.private) do all[#all + 1] = private.grants end
  for _, granted in ipairs(all) do
    for _, path in ipairs(granted.read) do add_path(parts, path) end
    add_environment(parts, granted)
  end
  if registry.exchanges.replay then add_path(parts, registry.exchanges.replay) end
  return sha256(table.concat(parts, "\0"))
end

local OPTIONS = { "namespace", "task", "kind", "set", "param", "option", "given_options", "policies", "template", "grants", "allow_unset",
  "strict",
  "fail_on", "emit_all", "output" }

local function of_options(options, registry)
  local given = { pattern = options.out.pattern, chunk = options.out.chunk }
  for _, name in ipairs(OPTIONS) do given[name] = options[name] end
  given.today = #registry.waivers > 0 and options.today or nil
  return sha256(spelled(given))
end

-- The digest of the rows, "" where they cannot be read twice.
local function of_rows(rows)
  if not rows.spool then return out.sha256(rows.path) or "" end
  local blocks, at = {}, 0
  repeat
    local bytes = rows.spool:read(at, BLOCK)
    blocks[#blocks + 1], at = sha256(bytes), at + #bytes
  until bytes == ""
  return sha256(table.concat(blocks))
end

-- start(options): to be called before anything is read; what is read by then is noted.
function depends.start(options)
  local ok, site = diag.catch(config.load, options.config)
  local self = { configuration = ok and site.file and of_file(site.file) or "", documents = {} }
  options.seen = function(name, bytes) table.insert(self.documents, name .. " " .. sha256(bytes)) end
  return self
end

-- finish(started, options, registry, rows) -> digest of all, digests by name. rows is "" where they cannot be read twice.
function depends.finish(self, options, registry, rows)
  local parts = { documents = sha256(table.concat(self.documents, "\0")), rows = of_rows(rows),
    scripts = of_scripts(registry, self.configuration), options = of_options(options, registry) }
  return sha256(table.concat({ parts.documents, parts.rows, parts.scripts, parts.options }, " ")), parts
end

local WORDS = { documents = "the documents", rows = "the rows of the targets", scripts = "the configuration, the scripts or what they read",
  options = "the options" }

-- changed(digests by name, others) -> what differs, in words
function depends.changed(old, new)
  local parts = {}
  for _, name in ipairs { "documents", "rows", "scripts", "options" } do
    if type(old) ~= "table" or old[name] ~= new[name] then parts[#parts + 1] = WORDS[name] end
  end
  return table.concat(parts, ", ")
end

return depends
