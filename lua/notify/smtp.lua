-- smtp(server, letter) -> true | false, why, hint: hands a letter to a server, several times where that may help.
--
-- server: { host, port, tls = "starttls" | "tls" | "none", ca, user, password, timeout (seconds a try), tries, delay }
-- letter: { from, to = addresses, text }
--
-- What the server refuses for now (4xx), a connection that breaks or cannot be made, and a time that is over, are tried again.
local mail = require "engine.mail"
local secret = require "engine.secret"
local tries = require "notify.tries"

local CONNECT = 10000 -- milliseconds that a connection may take
local PASSING = { resolve = true, connect = true, timeout = true, reset = true }

local function answered(failure) return failure.said ~= "" and "it answered " .. failure.said or failure.why end

local WORDS = {
  resolve = function(_, server) return ("the name %s leads nowhere"):format(server.host) end,
  connect = function(failure) return "no connection: " .. failure.why:gsub(" after %d+ ms", "") end,
  timeout = function(_, server) return ("it took longer than %g s"):format(server.timeout) end,
  tls = function(failure) return "no TLS connection that can be trusted: " .. failure.why end,
  unencrypted = function() return "it offers no STARTTLS" end,
  login = function(failure) return "it does not take the login: " .. answered(failure) end,
  refused = answered,
  reset = function() return "the connection broke" end,
}

local HINTS = {
  connect = "--smtp HOST:PORT, or SMTP_SERVER, names the server; starttls is at port 587, tls at 465",
  tls = "--ca-file names the authorities that signed its certificate; --tls tls is for servers that begin with TLS, such as at port 465",
  unencrypted = "--tls tls is for servers that begin with TLS; --tls none sends without, and without a login",
  login = "user name and password are those of SMTP_USER and SMTP_PASSWORD, or of --user-file and --password-file",
}

return function(server, letter)
  local scheme = server.tls == "tls" and "smtps" or "smtp"
  local kind
  local done, why, count = tries(server.tries, server.delay, function()
    local sent, failure = mail.send { url = ("%s://%s:%d"):format(scheme, server.host, server.port), starttls = server.tls == "starttls",
      ca = server.ca, user = server.user, password = server.password, from = letter.from, to = letter.to, text = letter.text,
      connect = CONNECT, total = math.tointeger(server.timeout * 1000 // 1) }
    if sent then return true end
    kind = failure.kind
    local words = WORDS[kind] or function() return failure.why end
    return false, secret.mask(words(failure, server)), PASSING[kind] or failure.code >= 400 and failure.code < 500
  end)
  if done then return true end
  return false, count > 1 and ("%s (tried %d times)"):format(why, count) or why, HINTS[kind]
end
