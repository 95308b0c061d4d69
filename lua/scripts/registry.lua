-- What scripts declared: providers, rules, templates and waivers.
--
-- Built-in scripts declare with the same functions as a site's, and are loaded when they are first needed.
local diag = require "base.diag"
local files = require "engine.files"
local glob = require "base.glob"
local grants = require "scripts.grants"
local host = require "engine.host"
local near = require "base.near"
local place = require "base.place"
local remote = require "scripts.remote"
local sandbox = require "scripts.sandbox"
local secret = require "engine.secret"
local value = require "base.value"
local view = require "engine.view"

local Registry = {}
Registry.__index = Registry

-- Built-in templates, as files in the repository.
local TEMPLATES = {
  job = "lua/templates/job.lua", stash = "lua/templates/stash.lua", sequence = "lua/templates/sequence.lua",
  schedule = "lua/templates/schedule.lua",
}
local STASH, APPBINDING = "lua/variables/stash.lua", "lua/variables/appbinding.lua"

-- Fields of declarations: their type, with "?" where they may be absent.
local FIELDS = {
  provider = { summary = "string", variables = "table", resolve = "function", override = "?boolean", needs = "?table",
    secret = "?table" },
  rule = { summary = "string", kinds = "?table", pods = "?boolean", containers = "?boolean", select = "?any", severity = "?string",
    help = "?string", source = "?string", check = "?function", check_all = "?function" },
  option = { summary = "string", default = "string" },
  template = { summary = "string", render = "function", accidents = "?boolean" },
  targets = { summary = "string", each = "function" },
  waive = { rule = "string", match = "string", reason = "string", expires = "?string" },
}

-- Declarations of one kind, and variables of a provider.
local MOST = 10000

local LOADING = {} -- stands for an included file that is at work

local LONGEST_NAME = 200 -- bytes

-- Names stand in messages and in output.
local function check_name(kind, name)
  if type(name) ~= "string" or name == "" then error(("%s needs a name: %s \"name\" { … }"):format(kind, kind), 3) end
  if #name > LONGEST_NAME then error(("%s: a name has at most %d bytes, not %d"):format(kind, LONGEST_NAME, #name), 3) end
  if not diag.is_visible(name) then
    error(("%s: a name holds no control characters and is UTF-8: %s"):format(kind, diag.visible(name)), 3)
  end
end

-- A list of strings, or an error.
local function check_list(title, list)
  for i, v in ipairs(list) do
    if type(v) ~= "string" then error(("%s must be a list of strings"):format(title), 4) end
    if i > MOST then error(("%s has more than %d entries"):format(title, MOST), 4) end
  end
end

local function check_fields(kind, title, declared)
  local fields = FIELDS[kind]
  if type(declared) ~= "table" then error(title .. " needs a table", 3) end
  for _, field in ipairs(value.keys(fields)) do
    local wanted, v = fields[field]:gsub("^%?", ""), declared[field]
    if type(v) ~= wanted and wanted ~= "any" and not (v == nil and fields[field]:sub(1, 1) == "?") then
      error(("%s: %s must be a %s"):format(title, field, wanted), 3)
    end
  end
  for _, field in ipairs(value.keys(declared)) do
    if not fields[field] then
      local meant = near(tostring(field), value.keys(fields))
      error(("%s: unknown field %s%s"):format(title, field, meant and "; did you mean " .. meant .. "?" or ""), 3)
    end
  end
end

-- A function that takes a name and returns one that takes a declaration of that kind and gives both to `add`.
local function named(kind, add)
  return function(name)
    check_name(kind, name)
    return function(declared)
      check_fields(kind, ("%s %q"):format(kind, name), declared)
      return add(name, declared)
    end
  end
end

local function append(list, declared, what)
  if #list >= MOST then error(("there are more than %d %s"):format(MOST, what), 0) end
  list[#list + 1] = declared
end

function Registry:add_provider(name, declared, script)
  local provider = { name = name, file = script.file, resolve = declared.resolve, override = declared.override, builtin = script.builtin,
    embedded = script.embedded,
    secret = declared.secret or {},
    exact = {}, patterns = {} }
  check_list(("provider %q: variables"):format(name), declared.variables)
  check_list(("provider %q: secret"):format(name), declared.secret or {})
  for _, variable in ipairs(declared.variables) do
    if glob.is_glob(variable) then table.insert(provider.patterns, variable) else provider.exact[variable] = true end
  end
  local needs = declared.needs or {}
  for _, kind in ipairs { "read", "env", "http", "kube" } do
    if needs[kind] ~= nil and type(needs[kind]) ~= "table" then
      error(("provider %q: needs.%s must be a list of strings"):format(name, kind), 4)
    end
    check_list(("provider %q: needs.%s"):format(name, kind), needs[kind] or {})
  end
  for _, want in ipairs(self.grants:wanted(needs, script.folder)) do
    want.provider, want.file = name, script.file
    append(self.wanted, want, "needs")
  end
  append(self.providers, provider, "providers")
end

local SEVERITIES = { error = true, warning = true, info = true }

function Registry:add_rule(name, declared, script)
  local function wrong(words, ...) error(("rule %q: " .. words):format(name, ...), 5) end
  local severity = declared.severity or "error"
  if not SEVERITIES[severity] then wrong "severity must be error, warning or info" end
  if (declared.check == nil) == (declared.check_all == nil) then wrong "it needs either check or check_all" end
  check_list(("rule %q: kinds"):format(name), declared.kinds or {})
  local selected, why = require "scripts.selection".compile(declared)
  if not selected then wrong("%s", why) end
  append(self.rules, { name = name, file = script.file, script = script, selection = selected, severity = severity, check = declared.check,
    check_all = declared.check_all, summary = declared.summary, help = declared.help, source = declared.source }, "rules")
end

-- Declares an option; its value is returned.
function Registry:add_option(name, declared)
  if self.own_options[name] then error(("option %q is one of moonstep's own"):format(name), 4) end
  self.options[name] = { summary = declared.summary, default = declared.default }
  local given = self.given_options[name]
  return given == nil and declared.default or given
end

-- `at` is where it was declared.
function Registry:add_waiver(declared, at)
  if declared.reason == "" then error("waive: the reason must not be empty", 3) end
  local ok, why = diag.catch(require "scripts.waivers".check_date, declared.expires or "2000-01-01", "waive: expires")
  if not ok then error(why.message, 3) end
  append(self.waivers, { rule = declared.rule, match = declared.match, reason = declared.reason, expires = declared.expires,
    place = at }, "waivers")
end

-- The folder that a script may include files from: its own; for a pack.lua that which its folder lies in, where packs share what they have
-- in common.
local function root_of(file, folder)
  if file:find "/pack%.lua$" then return (folder:gsub("[^/]+/$", "")) end
  return folder
end

-- The path of a file that a script includes, and that path below the script's root.
local function included_path(path, script)
  local folder = script.embedded and grants.folder_of(script.file) or script.folder
  local root = script.root or root_of(script.file, folder)
  local full = type(path) == "string" and path:sub(1, 1) ~= "/" and folder .. path or "/"
  local count
  repeat full, count = full:gsub("[^/]+/%.%./", "", 1) until count == 0
  if full:sub(1, #root) ~= root or ("/" .. full .. "/"):find("/../", 1, true) or full:sub(1, 1) == "/" and root == "" then
    error(("include takes the path of a file in %s or below it"):format(root == "" and "the script's folder" or root), 4)
  end
  return full, full:sub(#root + 1), root
end

-- Runs a file beside the script, once, and returns what it returns. It declares and is limited as a part of the script; where scripts have
-- other grants, it runs once for them too.
function Registry:include(path, script)
  if script.remote then
    error(("include %q: this script came by URL alone; what it includes must stand in it, or be a script with a digest of its own"):format(
      tostring(path)), 3)
  end
  local full, below, root = included_path(path, script)
  local known = self.included[script.grants or self.grants]
  if not known then
    known = {}
    self.included[script.grants or self.grants] = known
  end
  local included = known[full]
  if included == LOADING then error(("include %q: it includes itself"):format(path), 3) end
  if not included then
    known[full] = LOADING
    local part = { file = full, folder = script.embedded and script.folder or grants.folder_of(full), root = root,
      builtin = script.builtin, embedded = script.embedded, grants = script.grants }
    included = table.pack(self:chunk(part, below)())
    known[full] = included
  end
  return table.unpack(included, 1, included.n)
end

-- The functions that a script declares with; a file of tests declares nothing else.
function Registry:declarations(script)
  if self.tests then
    FIELDS.test = require "scripts.tests".fields
    return {
      include = function(path) return self:include(path, script) end,
      ask = view.ask,
      secret = secret.of,
      test = named("test", function(name, declared)
        append(self.tests, require "scripts.tests".declared(name, declared, script), "tests")
      end),
    }
  end
  return {
    provider = named("provider", function(name, declared) self:add_provider(name, declared, script) end),
    rule = named("rule", function(name, declared) self:add_rule(name, declared, script) end),
    option = named("option", function(name, declared) return self:add_option(name, declared) end),
    include = function(path) return self:include(path, script) end,
    ask = view.ask,
    secret = secret.of,
    template = named("template", function(name, declared)
      self.template_count = self.template_count + 1
      if self.template_count > MOST then error(("there are more than %d templates"):format(MOST), 0) end
      self.templates[name] = { name = name, file = script.file, render = declared.render, accidents = declared.accidents }
    end),
    targets = named("targets", function(name, declared)
      self.target_count = self.target_count + 1
      if self.target_count > MOST then error(("there are more than %d lists of targets"):format(MOST), 0) end
      self.target_lists[name] = { name = name, file = script.file, each = declared.each }
    end),
    waive = function(declared)
      check_fields("waive", "waive", declared)
      self:add_waiver(declared, { file = script.file })
    end,
  }
end

-- The function of an included file, whose path below its root is `below`.
function Registry:chunk(part, below)
  local environment = sandbox.environment(self, part)
  if part.embedded then return host.builtin(part.file, environment) end
  local text, problem = files.read_beneath(grants.as_path(part.root), below, sandbox.MOST_TEXT)
  if not text then error(("include %q: %s"):format(below, problem.message), 4) end
  return sandbox.compile(text, part.file, environment)
end

-- Loads one of our own scripts; `settings` is what the site says about it, and where something is wrong with it.
function Registry:load_builtin(path, settings, folder, granted)
  local script = { file = path, builtin = settings == nil, embedded = true, folder = folder or grants.folder_of(path), grants = granted }
  local environment = sandbox.environment(self, script)
  environment.settings = settings
  local ok, why = diag.catch(sandbox.run_top, path, function() return host.builtin(path, environment) end)
  if ok then return end
  why.place = settings and place.of(settings) or why.place
  diag.raise(why)
end

local function place_in(config) return config and config.file and { file = config.file } or nil end

-- Runs a site's script.
function Registry:run(script, text)
  sandbox.run_top(script.file, function() return sandbox.compile(text, script.file, sandbox.environment(self, script)) end)
end

-- Loads a site's script, which is named in `config`, or on the command line where that is nil. One that came by URL sees paths from there.
function Registry:load(path, config)
  if remote.is_url(path) then
    local text = self.remote:script(path, sandbox.MOST_TEXT, place_in(config))
    return self:run({ file = remote.name(path), folder = config and config.folder or "", remote = true }, text)
  end
  local text, problem = files.read(path, sandbox.MOST_TEXT)
  if not text then diag.raise { rule = problem.id, message = problem.message } end
  self.files[path] = true
  self:run({ file = path, folder = grants.folder_of(path) }, text)
end

-- Loads a pack of rules, once.
function Registry:load_policy(name, config)
  local path, builtin = require "scripts.packs".find(name)
  if self.policies[path] then return end
  self.policies[path] = true
  if builtin then self:load_builtin(path) else self:load(path, config) end
end

-- Raises one diagnostic that names all that providers need and nobody granted, with the lines to add.
function Registry:check_grants()
  local all, flags, lists, first = {}, {}, {}, nil
  for _, want in ipairs(self.wanted) do
    local flag = ("--grant %s=%s"):format(want.kind, want.what)
    if not want.granted and not flags[flag] then
      first = first or want
      all[#all + 1] = ("%s=%s (provider %q)"):format(want.kind, want.what, want.provider)
      flags[#flags + 1], flags[flag] = flag, true
      lists[want.kind] = lists[want.kind] or {}
      table.insert(lists[want.kind], ("%q"):format(want.what))
    end
  end
  if not first then return end
  local line = {}
  for kind, list in value.pairs(lists) do line[#line + 1] = ("%s: [%s]"):format(kind, table.concat(list, ", ")) end
  diag.raise { rule = "missing-grant", place = { file = first.file }, message = "not granted: " .. table.concat(all, ", "),
    hint = ("grants: {%s} in moonstep.yaml, or %s"):format(table.concat(line, ", "), table.concat(flags, " ")) }
end

-- Options that no script declared are probably misspelt, unless they are for scripts that are not loaded here. Raises a diagnostic.
function Registry:check_options(config)
  local known = value.keys(self.own_options)
  for name in pairs(self.options) do known[#known + 1] = name end
  table.sort(known)
  for _, name in ipairs(value.keys(self.given_options)) do
    if not self.own_options[name] and not self.options[name] and not (config.partial and config.options[name] ~= nil) then
      local meant = near(name, known)
      diag.raise { rule = "unknown-option", message = ("there is no option %s; there is %s"):format(name, table.concat(known, ", ")),
        hint = meant and ("did you mean %s?"):format(meant), place = config.options[name] ~= nil and { file = config.file } or nil }
    end
  end
end

function Registry:has_template(name) return self.templates[name] ~= nil or TEMPLATES[name] ~= nil end

-- The template of that name, a site's before a built-in one.
function Registry:template(name)
  if not self.templates[name] and TEMPLATES[name] then self:load_builtin(TEMPLATES[name]) end
  local found = self.templates[name]
  if found then return found end
  local names = value.keys(TEMPLATES)
  for declared in pairs(self.templates) do names[#names + 1] = declared end
  table.sort(names)
  local meant = near(name, names)
  diag.raise { rule = "unknown-template", message = ("there is no template %s; there is %s"):format(name, table.concat(names, ", ")),
    hint = meant and ("did you mean %s?"):format(meant) }
end

local function allow_http(granted, text, file)
  local why = granted:allow_http(text)
  if why then
    diag.raise { rule = "unknown-grant", message = ("the grant http=%s is none: %s"):format(text, why),
      place = file and { file = file } or nil,
      hint = "a server is granted as HOST:PORT, or HOST:PORT@RANGE where it is not public; http:// in front allows it without TLS" }
  end
end

-- What the operator allows: in moonstep.yaml, and with --grant read=PATH, env=NAME, http=HOST:PORT and
-- kube=CONTEXT.
local function allow(granted, config, flags)
  for _, path in ipairs(config.grants.read or {}) do granted:allow_read(path, config.folder) end
  for _, name in ipairs(config.grants.env or {}) do granted:allow_env(name) end
  for _, text in ipairs(config.grants.http or {}) do allow_http(granted, text, config.file) end
  for _, context in ipairs(config.grants.kube or {}) do granted:allow_kube(context) end
  for _, flag in ipairs(flags) do
    local kind, what = flag:match "^(%a+)=(.+)$"
    if kind == "read" then granted:allow_read(what, "")
    elseif kind == "env" then granted:allow_env(what)
    elseif kind == "http" then allow_http(granted, what)
    elseif kind == "kube" then granted:allow_kube(what)
    else
      diag.raise { rule = "unknown-grant",
        message = ("--grant takes read=PATH, env=NAME, http=HOST:PORT or kube=CONTEXT, not %q"):format(flag) }
    end
  end
end

-- What asks servers for the scripts that have these grants, made when the first one asks. What is answered to some is not kept for others.
function Registry:http_client(granted)
  local client = self.clients[granted]
  if not client then
    client = require "scripts.requests".new(granted, require "scripts.answers".new(), self.exchanges)
    self.clients[granted] = client
  end
  return client
end

-- Asks for all files that are named by URL. What is wrong with a document is said when it is read.
function Registry:fetch_all(config, given)
  for _, list in ipairs { { config.policies, config }, { config.scripts, config }, { given.policies }, { given.scripts } } do
    for _, path in ipairs(list[1]) do
      if remote.is_url(path) then self.remote:script(path, sandbox.MOST_TEXT, place_in(list[2])) end
    end
  end
  for _, path in ipairs(given.wall.files) do
    if remote.is_url(path) then diag.catch(self.remote.document, self.remote, path) end
  end
end

-- Providers that moonstep.yaml switches on, as lists of script, settings, grants and name. What it says about them grants them what they
-- need, and nobody else. What one of them reads as a secret is a secret to all.
local function allowed_providers(config, everybodys)
  local all = {}
  for i, name in ipairs(value.keys(config.providers)) do
    local settings, granted = config.providers[name], grants.new(everybodys)
    local script = require "scripts.provided".allow(name, granted, settings, config.folder)
    all[i] = { script, settings, granted, name }
    for _, variable in ipairs(granted.hidden) do everybodys:hide_env(variable) end
  end
  return all
end

-- A client for each cluster that somebody is granted. What commands for credentials say is shown.
local function granted_clusters(self, given, providers)
  local all = require "kube.clusters".new { kubeconfig = given.kubeconfig, record = self.exchanges.record, replay = self.exchanges.replay,
    note = function(message) self.report:add { rule = "kube", severity = "info", message = message } end }
  for _, name in ipairs(self.grants.contexts) do all:prepare(name) end
  for _, provider in ipairs(providers) do
    for _, name in ipairs(provider[3].contexts) do all:prepare(name) end
  end
  if given.context then
    self.context = given.context ~= true and given.context or require "kube.cluster".current(given.kubeconfig)
    all:prepare(self.context)
  end
  return all
end

-- Whether scripts are loaded that did not come with moonstep.
local function is_strangers(config, given)
  for _, names in ipairs { config.policies, given.policies } do
    for _, name in ipairs(names) do
      if require "scripts.packs".is_path(name) then return true end
    end
  end
  return #config.scripts + #given.scripts > 0
end

-- Files without a name for what a batch keeps: rows of scripts, and which variables workers were asked for. Behind the wall none could be
-- made.
local function spool()
  local made, why = require "engine.workers".spool()
  if not made then diag.raise { rule = "system", message = "cannot make a temporary file: " .. why } end
  return made
end

-- registry(config, given, report) -> what the built-in scripts, those of the configuration and those of the command line declare. `given`
-- is { scripts, grants, policies, options = values by name, own_options = the names that are moonstep's own, as keys,
-- without_grants = what is needed and not granted is no error, exchanges = { record = folder, replay = folder }, kubeconfig = its path,
-- context = that of the cluster which is asked for objects that no file holds, true for the current one, wall = as scripts.wall takes it,
-- which is entered if it is given, batch = whether it is for a batch (`spool` and `asked` are files for it), recorded = whether it has
-- reports (`records` is files for these) }; or { tests = a file of tests, grants }, which is all that is loaded then, and `tests` of what
-- is returned is what it declares.
-- Raises a diagnostic when one cannot be loaded. `files` has the names of the site's scripts that were read, as keys; `remote` has files
-- by URL, as scripts.remote gives them; `private` is a list of { name, grants } of the built-in providers that moonstep.yaml switches on,
-- and `clusters` is kube.clusters.
return function(config, given, report)
  local self = setmetatable({ providers = {}, rules = {}, rules_by_kind = {}, together = {}, kept = {}, verdicts = {},
    templates = {}, waivers = {}, wanted = {}, private = {}, clients = {}, exchanges = given.exchanges or {},
    grants = grants.new(),
    report = report, template_count = 0, target_lists = {}, target_count = 0, options = {}, given_options = given.options,
      own_options = given.own_options, included = {},
    policies = {}, files = {}, tests = given.tests and {} }, Registry)
  self.remote = remote.new(function() return self:http_client(self.grants) end)
  sandbox.set_limits(config.limits)
  allow(self.grants, config, given.grants)
  if given.tests then
    self:load(given.tests)
    return self
  end
  local providers = allowed_providers(config, self.grants)
  for i, provider in ipairs(providers) do self.private[i] = { name = provider[4], grants = provider[3] } end
  self.clusters = granted_clusters(self, given, providers)
  if given.batch then self.spool, self.asked = spool(), spool() end
  if given.recorded then self.records = { targets = spool(), texts = spool(), scratch = spool() } end
  if self.exchanges.record then require "scripts.recordings".prepare(self.exchanges.record) end
  if given.wall and is_strangers(config, given) then
    self:fetch_all(config, given)
    require "scripts.wall"(config, given, self.grants, providers, self.clusters)
  end
  self:load_builtin(STASH)
  self:load_builtin(APPBINDING)
  for _, provider in ipairs(providers) do self:load_builtin(provider[1], provider[2], config.folder, provider[3]) end
  for _, name in ipairs(config.policies) do self:load_policy(name, config) end
  for _, name in ipairs(given.policies) do self:load_policy(name) end
  for _, path in ipairs(config.scripts) do self:load(path, config) end
  for _, path in ipairs(given.scripts) do self:load(path) end
  self:check_options(config)
  if not given.without_grants then self:check_grants() end
  for i, waiver in ipairs(config.waive) do
    require "scripts.waivers".check_given(waiver, ("waive[%d]"):format(i - 1))
    self:add_waiver(waiver, place.of(waiver))
  end
  return self
end
