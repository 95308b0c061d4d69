-- The modules that a script sees beside Lua's own: yaml, json, re, log, k8s, net, env. What they do stands in scripts.reference.
local emit = require "engine.emit"
local host = require "engine.host"
local k8s = require "scripts.k8s"
local load = require "engine.load"
local order = require "output.order"
local re = require "scripts.re"
local view = require "engine.view"

local emitter

-- The values of all documents of a text.
local function decode_all(text, name)
  local source, problem = load.source(text, name)
  local reader
  if source then reader, problem = load.reader(source) end
  local all = {}
  while not problem do
    local v, why = load.next(reader)
    if v == nil then
      problem = why
      break
    end
    all[#all + 1] = v
  end
  if not problem then return all end
  error(("%s:%s: %s"):format(name, problem.line and ("%d:%d"):format(problem.line, problem.column) or "", problem.message), 0)
end

-- The one value of a text. Maps and lists are read-only views.
local function decode(text, name)
  local all = decode_all(text, name or "text")
  if #all > 1 then error(("%s holds %d documents, not one"):format(name or "text", #all), 0) end
  return view.of(all[1])
end

local function encoder(method, columns)
  return function(v)
    emitter = emitter or emit.new(order)
    local text, why = emitter[method](emitter, v, columns)
    if not text then error(why, 0) end
    return text
  end
end

-- modules(registry, script) -> the modules for a script { file, folder }
return function(registry, script)
  local grants, report = registry.grants, registry.report
  local function read(path) return grants:read_file(path, script.folder) end
  local function say(severity)
    return function(message)
      report:add { rule = "log", severity = severity, message = tostring(message), place = { file = script.file } }
    end
  end
  return {
    yaml = { decode = decode, encode = encoder "yaml", read = function(path) return decode(read(path), path) end },
    json = { decode = decode, encode = encoder "json", read = function(path) return decode(read(path), path) end },
    csv = {
      decode = function(text) return require "scripts.csv"(text) end,
      read = function(path) return require "scripts.csv"(read(path)) end,
    },
    re = re,
    log = { info = say "info", warn = say "warning" },
    env = {
      get = function(name)
        if not grants:allows_env(name) then
          error(("environment variable %s is not granted; add it to grants: env: in moonstep.yaml, or --grant env=%s"):format(name, name), 0)
        end
        return host.environment(name)
      end,
    },
    k8s = k8s,
    net = { host_and_path = function(url) return require "scripts.url"(url) end },
  }
end
