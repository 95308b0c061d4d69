-- What scripts declared: providers and templates, by name.
--
-- Built-in scripts declare with the same functions as a site's, and are loaded when they are first needed.
local diag = require "base.diag"
local files = require "engine.files"
local host = require "engine.host"
local near = require "base.near"
local sandbox = require "scripts.sandbox"
local value = require "base.value"

local Registry = {}
Registry.__index = Registry

-- Built-in templates, and the files of built-in scripts in the repository.
local TEMPLATES = { stash = "lua/templates/stash.lua" }
local PROVIDERS = "lua/variables/stash.lua"

local function check(kind, name, declared, fields)
  if type(name) ~= "string" or name == "" then error(("%s needs a name: %s \"name\" { … }"):format(kind, kind), 3) end
  if type(declared) ~= "table" then error(("%s %q needs a table behind its name"):format(kind, name), 3) end
  for field, wanted in pairs(fields) do
    local optional = wanted:sub(1, 1) == "?"
    if optional then wanted = wanted:sub(2) end
    local v = declared[field]
    if type(v) ~= wanted and not (optional and v == nil) then
      error(("%s %q: %s must be a %s"):format(kind, name, field, wanted), 3)
    end
  end
  for _, field in ipairs(value.keys(declared)) do
    if not fields[field] then
      local meant = near(tostring(field), value.keys(fields))
      error(("%s %q: unknown field %s%s"):format(kind, name, field, meant and "; did you mean " .. meant .. "?" or ""), 3)
    end
  end
end

-- A glob of variable names as a Lua pattern: `*` is any run.
local function pattern_of(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

local function new_provider(name, declared, file, builtin)
  local provider = { name = name, file = file, resolve = declared.resolve, override = declared.override, builtin = builtin,
    exact = {}, patterns = {} }
  for _, variable in ipairs(declared.variables) do
    if type(variable) ~= "string" then error(("provider %q: variables must be names or globs"):format(name), 3) end
    if variable:find("*", 1, true) then table.insert(provider.patterns, pattern_of(variable))
    else provider.exact[variable] = true end
  end
  return provider
end

-- The functions that the script in `file` declares with.
function Registry:declarations(file, builtin)
  return {
    provider = function(name)
      return function(declared)
        check("provider", name, declared, { summary = "string", variables = "table", resolve = "function", override = "?boolean" })
        table.insert(self.providers, new_provider(name, declared, file, builtin))
      end
    end,
    template = function(name)
      return function(declared)
        check("template", name, declared, { summary = "string", render = "function", accidents = "?boolean" })
        self.templates[name] = { name = name, file = file, render = declared.render, accidents = declared.accidents }
      end
    end,
  }
end

function Registry:load_builtin(path)
  sandbox.run_top(host.builtin(path, sandbox.environment(self:declarations(path, true))), path)
end

-- Loads a site's script.
function Registry:load(path)
  local text, problem = files.read(path)
  if not text then diag.raise { rule = problem.id, message = problem.message } end
  sandbox.run_top(sandbox.compile(text, path, sandbox.environment(self:declarations(path, false))), path)
end

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

-- registry(paths) -> the registry with the built-in providers and the scripts at these paths.
return function(paths)
  local self = setmetatable({ providers = {}, templates = {} }, Registry)
  self:load_builtin(PROVIDERS)
  for _, path in ipairs(paths) do self:load(path) end
  return self
end
