-- kubeconfig files, found and merged as kubectl does it.
--
-- They are that of --kubeconfig, or those of KUBECONFIG with colons between them, or ~/.kube/config. Of clusters, users and contexts with
-- one name the first counts. A file of KUBECONFIG that is not there is passed over; one that is named with --kubeconfig must be there.
--
-- kubeconfig.load(path or nil) -> { context = function(name) }: see Kubeconfig:context. What is wrong is raised as a diagnostic with its
-- place, but without the line: secrets stand in such files.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local load = require "engine.load"
local near = require "base.near"
local place = require "base.place"
local value = require "base.value"

local kubeconfig = {}

local MOST_FILE = 4 << 20 -- bytes

-- --- what is wrong

local function without_source(at)
  return at and { file = at.file, line = at.line, column = at.column, end_line = at.end_line, end_column = at.end_column }
end

-- Raises a diagnostic about t[key], or about the table.
function kubeconfig.wrong(t, key, words, ...)
  diag.raise { rule = "kube", of_script = true, place = without_source(place.of(t, key) or place.of(t)), message = words:format(...) }
end

local wrong = kubeconfig.wrong

-- What stands in a file, and how it is called.
local IS = {
  string = { "a string", function(v) return type(v) == "string" end },
  boolean = { "true or false", function(v) return type(v) == "boolean" end },
  list = { "a list", function(v) return type(v) == "table" and (value.is_list(v) or next(v) == nil) end },
  map = { "a map", function(v) return type(v) == "table" and (not value.is_list(v) or next(v) == nil) end },
}

-- field(table, key, what it must be, title) -> its value; nil where it is absent, null or "". What stands there is not shown: it may be a
-- secret.
function kubeconfig.field(t, key, wanted, title)
  local v = t[key]
  if v == nil or v == value.null or v == "" then return nil end
  if IS[wanted][2](v) then return v end
  local quotes = wanted == "string" and type(v) ~= "table" and "; write it in quotes" or ""
  wrong(t, key, "%s.%s must be %s%s", title, key, IS[wanted][1], quotes)
end

local field = kubeconfig.field

-- --- files

local function home_file()
  local home = host.environment "HOME"
  return home and home ~= "" and home .. "/.kube/config" or nil
end

-- The paths to read, and whether the first must be there.
local function paths_of(given)
  if given then return { given }, true end
  local list, named = {}, host.environment "KUBECONFIG"
  if named and named ~= "" then
    for path in named:gmatch "[^:]+" do list[#list + 1] = path end
    return list, false
  end
  return { home_file() }, false
end

local function read(path)
  local bytes, problem = files.read(path, MOST_FILE)
  local source, reader, v
  if bytes then source, problem = load.source(bytes, path) end
  if source then reader, problem = load.reader(source) end
  if reader then v, problem = load.next(reader) end
  if v == nil and type(problem) == "table" then
    diag.raise { rule = "kube", of_script = true, message = (problem.line and "this is no kubeconfig: " or "") .. problem.message,
      place = problem.line and { file = path, line = problem.line, column = problem.column } or nil }
  end
  if v == nil or v == value.null then return {} end
  if not IS.map[2](v) then
    diag.raise { rule = "kube", of_script = true, place = { file = path }, message = "this is no kubeconfig: it must be a map" }
  end
  return v
end

-- --- entries

-- Adds the entries of a list such as `clusters`, each { name, cluster }, that are not there yet.
local function add_entries(all, document, list_name, content, path)
  for _, entry in ipairs(field(document, list_name, "list", "kubeconfig") or {}) do
    if not IS.map[2](entry) then wrong(document, list_name, "%s must hold maps of name and %s", list_name, content) end
    local name = field(entry, "name", "string", list_name)
    if not name then wrong(entry, nil, "an entry of %s has no name", list_name) end
    local held = field(entry, content, "map", name) or {}
    all[name] = all[name] or { name = name, value = held, at = entry, file = path, folder = path:match "^(.*/)[^/]*$" or "" }
  end
end

local Kubeconfig = {}
Kubeconfig.__index = Kubeconfig

-- looked_in() -> in words, where was looked
function Kubeconfig:looked_in() return #self.paths == 0 and "no file" or table.concat(self.paths, ", ") end

local function no_context(self, name)
  local names = value.keys(self.contexts)
  if #names == 0 then
    diag.raise { rule = "kube", of_script = true,
      message = ("there is no context %s: no kubeconfig with contexts was found (looked for %s)"):format(name, self:looked_in()),
      hint = "--kubeconfig FILE or the environment's KUBECONFIG names one; in a Pod, the context is called in-cluster" }
  end
  local meant = near(name, names)
  diag.raise { rule = "kube", of_script = true, message = ("there is no context %s in %s; there is %s"):format(name, self:looked_in(),
    table.concat(names, ", ")), hint = meant and ("did you mean %s?"):format(meant) }
end

-- An entry that a context names.
local function named(entries, context, key, list_name)
  local name = field(context.value, key, "string", "context " .. context.name)
  if not name then return nil end
  if entries[name] then return entries[name] end
  local meant = near(name, value.keys(entries))
  wrong(context.value, key, "context %s names the %s %s, and %s has none of that name%s", context.name, key, name, list_name,
    meant and "; did you mean " .. meant .. "?" or "")
end

-- current() -> the name of the current context, or nil
function Kubeconfig:current() return self.current_context end

-- context(name) -> { cluster = entry, user = entry or nil, namespace = its own or nil }; an entry is { name, value = map, file, folder }.
function Kubeconfig:context(name)
  local context = self.contexts[name]
  if not context then no_context(self, name) end
  local cluster = named(self.clusters, context, "cluster", "clusters")
  if not cluster then wrong(context.at, nil, "context %s names no cluster", name) end
  local namespace = field(context.value, "namespace", "string", "context " .. name)
  return { cluster = cluster, namespace = namespace, user = named(self.users, context, "user", "users") }
end

-- load(path or nil) -> kubeconfig; `path` is what --kubeconfig says
function kubeconfig.load(given)
  local paths, must = paths_of(given)
  local self = setmetatable({ paths = paths, contexts = {}, clusters = {}, users = {} }, Kubeconfig)
  for _, path in ipairs(paths) do
    if must or files.exists(path) then
      local document = read(path)
      add_entries(self.contexts, document, "contexts", "context", path)
      add_entries(self.clusters, document, "clusters", "cluster", path)
      add_entries(self.users, document, "users", "user", path)
      self.current_context = self.current_context or field(document, "current-context", "string", "kubeconfig")
    end
  end
  return self
end

return kubeconfig
