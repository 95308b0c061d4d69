-- Rules about ConfigMaps and Secrets.
local read   = include "read.lua"
local syntax = include "syntax.lua"

local MAPS = "https://kubernetes.io/docs/concepts/configuration/configmap/"
local SECRETS = "https://kubernetes.io/docs/concepts/configuration/secret/"

local FIELDS = { "data", "binaryData", "stringData" }

-- Calls visit(entries, key, field) for each entry of a ConfigMap or Secret.
local function each_entry(object, visit)
  for _, field in ipairs(FIELDS) do
    local entries = read.table(object, field)
    for key in read.keys(entries) do
      if type(key) == "string" then visit(entries, key, field) end
    end
  end
end

rule "kubernetes/data-key" {
  summary = "keys of ConfigMaps and Secrets are file names of letters, digits, -, _ and .",
  help    = "A server refuses the object: each key can become a file, so that it has no / and is not led by \"..\".",
  source  = MAPS,
  kinds   = { "ConfigMap", "Secret" },
  check   = function(object, report)
    each_entry(object, function(entries, key)
      local wrong = syntax.data_key(key)
      if wrong then report(entries, { key }, "the key must be " .. wrong, { on = "key" }) end
    end)
    local data, binary = read.table(object, "data"), read.table(object, "binaryData")
    for key in read.keys(object.kind == "ConfigMap" and data and binary) do
      if not read.is_absent(data, key) then report(binary, { key }, "data has this key, too") end
    end
  end,
}

local MOST = 1 << 20 -- bytes of values

local function length(v) return type(v) == "string" and #v or 0 end

local function decoded_length(v)
  if type(v) ~= "string" then return 0 end
  local text = v:gsub("%s", "")
  return #text // 4 * 3 - #text:match "=*$"
end

rule "kubernetes/data-size" {
  summary = "a ConfigMap or Secret has at most 1 MiB",
  help    = "A server refuses the object. Larger data belongs into a volume.",
  source  = MAPS .. "#motivation",
  kinds   = { "ConfigMap", "Secret" },
  check   = function(object, report)
    local total, secret = 0, object.kind == "Secret"
    each_entry(object, function(entries, key, field)
      local encoded = field == "binaryData" or secret and field == "data"
      total = total + ask(entries, key, encoded and decoded_length or length)
    end)
    if total > MOST then report(object, "data", ("there are %d bytes, and may be %d"):format(total, MOST)) end
  end,
}

local NEEDED = {
  ["kubernetes.io/dockercfg"] = { ".dockercfg" }, ["kubernetes.io/dockerconfigjson"] = { ".dockerconfigjson" },
  ["kubernetes.io/ssh-auth"] = { "ssh-privatekey" }, ["kubernetes.io/tls"] = { "tls.crt", "tls.key" },
}

rule "kubernetes/secret-type" {
  summary = "a Secret of one of Kubernetes' own types has the keys of that type",
  help    = "A server refuses the Secret.",
  source  = SECRETS .. "#secret-types",
  kinds   = { "Secret" },
  check   = function(object, report)
    local kind, data, text = read.string(object, "type"), read.table(object, "data") or {}, read.table(object, "stringData") or {}
    local function has(key) return not (read.is_absent(data, key) and read.is_absent(text, key)) end
    for _, key in ipairs(NEEDED[kind] or {}) do
      if not has(key) then report(object, "data", ("a Secret of type %s needs the key %s"):format(kind, key)) end
    end
    if kind == "kubernetes.io/basic-auth" and not has "username" and not has "password" then
      report(object, "data", "a Secret of type kubernetes.io/basic-auth needs the key username or password")
    end
    local annotations = read.table(object, "metadata", "annotations") or {}
    if kind == "kubernetes.io/service-account-token" and read.is_empty(annotations, "kubernetes.io/service-account.name") then
      report(object, "type", "a Secret of this type needs the annotation kubernetes.io/service-account.name")
    end
  end,
}
