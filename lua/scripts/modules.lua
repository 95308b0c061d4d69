-- The modules that a script sees beside Lua's own: yaml, json, csv, base64, files, re, log, env, http, kube, k8s, net. What they do
-- stands in scripts.reference.
--
-- modules[name](registry, script) makes the module for a script { file, folder }, when it first names it.
local base64 = require "base.base64"
local emit = require "engine.emit"
local host = require "engine.host"
local http = require "engine.http"
local load = require "engine.load"
local running = require "scripts.running"
local secret = require "engine.secret"
local view = require "engine.view"

local modules = {}

local emitter

local MOST_MESSAGES = 1000 -- of log, for a load or a target

-- Bytes of a text that a script has decoded, and of a file that it reads.
local MOST_TEXT = 8 << 20

local function check_string(v, what)
  if type(v) ~= "string" then error(("%s needs a string, not a %s"):format(what, type(v)), 3) end
end

-- What a script may read: what all may, or what a built-in provider's settings name, which nobody else may.
local function granted(registry, script) return script.grants or registry.grants end

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
  error(("%s:%s %s"):format(name, problem.line and ("%d:%d:"):format(problem.line, problem.column) or "", problem.message), 0)
end

-- The one value of a text. Maps and lists are read-only views.
local function decode(text, name)
  check_string(text, "decode")
  if #text > MOST_TEXT then error(("%s has %d bytes; at most %d MiB are read"):format(name or "text", #text, MOST_TEXT >> 20), 2) end
  local all = decode_all(text, name or "text")
  if #all > 1 then error(("%s holds %d documents, not one"):format(name or "text", #all), 0) end
  return view.of(all[1])
end

local function encoder(method)
  return function(v)
    emitter = emitter or emit.new(require "output.order")
    local text, why = emitter[method](emitter, v)
    if not text then error(why, 0) end
    return text
  end
end

-- JSON with its secrets, for those whom a script tells them.
local function encode_for_server(v)
  emitter = emitter or emit.new(require "output.order")
  local text, why = emitter:json(v, nil, true)
  if not text then error(why, 0) end
  return text
end

-- A function that reads a granted file, relative to the script's folder.
local function reader(decoder, registry, script)
  return function(path)
    check_string(path, "read")
    return decoder(granted(registry, script):read_file(path, script.folder, MOST_TEXT), path)
  end
end

function modules.yaml(registry, script)
  return { decode = decode, encode = encoder "yaml", read = reader(decode, registry, script) }
end

function modules.json(registry, script)
  return { decode = decode, encode = encoder "json", read = reader(decode, registry, script) }
end

function modules.csv(registry, script)
  local csv = require "scripts.csv"
  local function checked(text)
    check_string(text, "csv.decode")
    return csv(text)
  end
  return { decode = checked, read = reader(csv, registry, script) }
end

-- What a secret becomes is secret too. Decoding one is refused: whether that can be done would tell something of it.
function modules.base64()
  return {
    encode = function(v)
      if secret.is(v) then
        local encoded, label = secret.of(base64.encode(http.text(v))), secret.label(v)
        return label and secret.labelled(encoded, label) or encoded
      end
      check_string(v, "base64.encode")
      return base64.encode(v)
    end,
    decode = function(text)
      if secret.is(text) then error("base64.decode does not take a secret", 2) end
      check_string(text, "base64.decode")
      return base64.decode(text)
    end,
  }
end

function modules.files(registry, script)
  return {
    read = function(path)
      check_string(path, "files.read")
      return granted(registry, script):read_file(path, script.folder, MOST_TEXT, true)
    end,
    list = function(path)
      check_string(path, "files.list")
      return granted(registry, script):list_files(path, script.folder)
    end,
  }
end

function modules.log(registry, script)
  local function say(severity)
    return function(message)
      running.now.said = running.now.said + 1
      if running.now.said > MOST_MESSAGES then error(("more than %d messages"):format(MOST_MESSAGES), 2) end
      registry.report:add { rule = "log", severity = severity, message = tostring(message), place = { file = script.file } }
    end
  end
  return { info = say "info", warn = say "warning" }
end

function modules.env(registry, script)
  return {
    get = function(name)
      check_string(name, "env.get")
      if granted(registry, script):allows_env(name) then
        local found = host.environment(name)
        return registry.grants:hides_env(name) and secret.of(found) or found
      end
      error(("environment variable %s is not granted; add it to grants: env: in moonstep.yaml, or --grant env=%s"):format(name, name), 0)
    end,
  }
end

function modules.http(registry, script)
  local json = modules.json(registry, script)
  local allowed = granted(registry, script)
  return require "scripts.http" { grants = allowed, client = function() return registry:http_client(allowed) end,
    encode = encode_for_server, decode = json.decode,
    reads = function(path, most) return allowed:read_file(path, script.folder, most) end }
end

function modules.kube(registry, script)
  return require "scripts.kube" { grants = granted(registry, script), client = function(name) return registry.clusters:client(name) end }
end

function modules.re() return require "scripts.re" end

function modules.k8s() return require "scripts.k8s" end

function modules.net()
  local read = require "scripts.url"
  return {
    host_and_path = function(url)
      check_string(url, "net.host_and_path")
      return read(url)
    end,
  }
end

return modules
