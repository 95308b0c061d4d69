-- Why a request failed, in words for those who run the tool: without secrets, and the same in every run.
local secret = require "engine.secret"

local reasons = {}

reasons.CONNECT = 5000 -- milliseconds that a connection may take

-- Whether what has this name, a header or a part of a query, may be a secret. The name is in lower case.
function reasons.is_secret_name(name)
  for _, word in ipairs { "auth", "cookie", "token", "key", "secret", "password", "signature", "credential" } do
    if name:find(word, 1, true) then return true end
  end
  return false
end

-- The URL with the values of its query hidden: tokens stand there, and nobody can tell which they are. `masked` is what a URL with a secret
-- in it has for its text.
function reasons.shown_url(url)
  local text = url.masked or url.url
  local bare, query = text:match "^([^?]*)%?(.*)$"
  return not bare and text or bare .. "?" .. query:gsub("=[^&]*", "=***")
end

-- masked(text, secrets) -> the text with *** for each secret
function reasons.masked(text, secrets)
  for _, each in ipairs(secrets or {}) do
    if #each >= 3 then
      local at, out = 1, {}
      while true do
        local first, last = text:find(each, at, true)
        out[#out + 1] = text:sub(at, (first or 0) - 1)
        if not first then break end
        at = last + 1
      end
      text = table.concat(out, "***")
    end
  end
  return text
end

-- What libcurl says, without times, which differ from run to run.
local function why_of(failure) return (failure.why:gsub(" after %d+ ms", ""):gsub("; last error:.*", "")) end

local WORDS = {
  resolve = function(request) return ("the name %s leads nowhere"):format(request.url.host) end,
  connect = function(_, failure) return "no connection: " .. why_of(failure) end,
  tls = function(_, failure) return "no TLS connection that can be trusted: " .. why_of(failure) end,
  timeout = function(request) return ("no complete answer within %.1f s"):format(request.timeout / 1000) end,
  connecting = function(request) return ("no connection within %.1f s"):format(math.min(reasons.CONNECT, request.timeout) / 1000) end,
  reset = function() return "the connection broke before the answer was there" end,
  truncated = function() return "the answer broke off half-way" end,
  size = function(_, _, most) return ("the answer has more than %d MiB when it is unpacked"):format(most >> 20) end,
  encoding = function() return "the answer cannot be unpacked" end,
  address = function(request, failure)
    local line = ("%s:%s@%s"):format(request.url.host, request.url.port, failure.address)
    if request.url.scheme == "http" then line = "http://" .. line end
    if request.private then
      local words = "it leads to %s, which is not where it may be; range: %s in the provider's settings allows that"
      return words:format(failure.address, failure.address)
    end
    local why = request.server and "and being named by URL allows public addresses alone" or "which is not where its grant allows it to be"
    return ("it leads to %s, %s; add %s to grants: http: in moonstep.yaml, or --grant http=%s"):format(failure.address, why, line, line)
  end,
}

-- of_failure(request, failure as engine.http gives it, tries, most bytes) -> what went wrong and what was tried
function reasons.of_failure(request, failure, tries, most)
  local words = WORDS[failure.kind]
  local text = words and words(request, failure, most) or failure.why or failure.message
  return tries > 1 and ("%s (tried %d times)"):format(text, tries) or text
end

-- The names of statuses that people meet.
local STATUS = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [409] = "Conflict", [410] = "Gone", [413] = "Content Too Large", [415] = "Unsupported Media Type", [422] = "Unprocessable Content",
  [429] = "Too Many Requests", [500] = "Internal Server Error", [501] = "Not Implemented", [502] = "Bad Gateway",
  [503] = "Service Unavailable", [504] = "Gateway Timeout" }

local MOST_EXCERPT = 200 -- bytes of a body that are shown

-- of_status(request, answer) -> what was answered, with the start of a short text. Secrets go before anything is cut off.
function reasons.of_status(request, answer)
  local name = STATUS[answer.status]
  local text = ("it answered %d%s"):format(answer.status, name and " " .. name or "")
  if answer.tries and answer.tries > 1 then text = ("%s (tried %d times)"):format(text, answer.tries) end
  local body = secret.mask(reasons.masked(answer.body, request.secrets)):gsub("%s+", " "):match "^ ?(.-) ?$"
  if body == "" or not utf8.len(body) or body:find "^<" then return text end
  if #body > MOST_EXCERPT then body = body:sub(1, (utf8.offset(body, 0, MOST_EXCERPT) or 1) - 1) .. "…" end
  return ("%s: %s"):format(text, body)
end

return reasons
