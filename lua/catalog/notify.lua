-- The Functions notify-email and notify-http: steps behind others, or hooks behind the end, that tell people what became of a backup or
-- restore. All that they are told stands in their environment, so a hook runs them by `moonstep notify-email` alone.
--
-- Logins, tokens and the URL of a webhook come from a Secret: of smtpSecret the keys username, password and ca.crt (authorities of the
-- server's certificate), of notifySecret url, token and ca.crt. What a key is not there for is not used.
local host = require "engine.host"

local API = "stash.appscode.com/v1beta1"

local FACTS = { "NAMESPACE:=default", "BACKUP_SESSION:=", "RESTORE_SESSION:=", "INVOKER_KIND:=", "INVOKER_NAME:=", "TARGET_KIND:=",
  "TARGET_NAMESPACE:=", "TARGET_NAME:=", "REPOSITORY_NAME:=" }

local SHARED = {
  { name = "outputDir", env = "OUTPUT_DIR", default = "/stash-tmp/output", summary = "where steps leave their results for the last one" },
  { name = "onFailure", env = "ON_FAILURE", default = "exit",
    summary = "what a step that failed does: exit, or report, which leaves it to the last step" },
  { name = "notifyWhen", env = "NOTIFY_WHEN", default = "always", summary = "what is told: always, failure or success" },
}

local EMAIL = {
  { name = "smtpServer", env = "SMTP_SERVER", summary = "the server that takes mails, HOST or HOST:PORT" },
  { name = "smtpTls", env = "SMTP_TLS", default = "starttls", summary = "starttls, tls (from the start) or none (no login then)" },
  { name = "mailFrom", env = "MAIL_FROM", summary = "the address that mails come from" },
  { name = "mailTo", env = "MAIL_TO", summary = "the addresses that they go to, with commas between" },
  { name = "smtpSecret", default = "smtp", summary = "the Secret with the login of the server, if it wants one",
    keys = { SMTP_USER = "username", SMTP_PASSWORD = "password", SMTP_CA = "ca.crt" } },
}

local HTTP = {
  { name = "notifySecret", default = "notify", summary = "the Secret with the URL that is told, and a bearer token if it wants one",
    keys = { NOTIFY_URL = "url", NOTIFY_TOKEN = "token", NOTIFY_CA = "ca.crt" } },
}

local function expression(name, default) return default and ("${%s:=%s}"):format(name, default) or ("${%s}"):format(name) end

local function add_keys(env, param)
  local names = {}
  for name in pairs(param.keys) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    env[#env + 1] = { name = name, valueFrom = { secretKeyRef = { name = expression(param.name, param.default), key = param.keys[name],
      optional = true } } }
  end
end

local function function_of(name, own)
  local image = "moonstep:" .. host.version()
  local params = { { name = "MOONSTEP_IMAGE", default = image, summary = "the image of the step that reports the status" } }
  table.move(SHARED, 1, #SHARED, #params + 1, params)
  table.move(own, 1, #own, #params + 1, params)
  local env = {}
  for _, param in ipairs(params) do
    if param.keys then add_keys(env, param)
    elseif param.env then env[#env + 1] = { name = param.env, value = expression(param.name, param.default) } end
  end
  for _, text in ipairs(FACTS) do env[#env + 1] = { name = text:match "^[^:]+", value = "${" .. text .. "}" } end
  return { params = params, object = { apiVersion = API, kind = "Function", metadata = { name = name },
    spec = { image = expression("MOONSTEP_IMAGE", image), command = { "moonstep", name },
      runtimeSettings = { env = env, resources = { requests = { cpu = "50m", memory = "32Mi" }, limits = { memory = "128Mi" } } } } } }
end

-- -> list of { object, params }
return function() return { function_of("notify-email", EMAIL), function_of("notify-http", HTTP) } end
