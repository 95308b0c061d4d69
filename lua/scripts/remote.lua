-- Files that are named by URL: documents (-f https://…), scripts and packs of rules (https://…/site.lua#sha256=…).
--
-- Who names a URL wants its server asked, so that server is granted for this file, and no other: not to scripts, and not where it
-- redirects. As with grants, that is https and a public address; `--grant http=HOST:PORT@RANGE` and `--grant http=http://…` allow more.
--
-- A script is run only when its bytes have the SHA-256 that its URL ends in: who holds the server does not decide what runs here. For a
-- document that is possible too, and not asked for.
local diag = require "base.diag"
local digest = require "engine.digest"
local http = require "engine.http"

local remote = {}

local TIMEOUT = 60000 -- milliseconds, for all of a file
local MOST_DOCUMENT = 1 << 30 -- bytes, as of a file

-- is_url(text) -> whether it names a file on a server
function remote.is_url(text) return text:lower():find "^https?://" ~= nil end

-- name(text) -> the URL as messages show it, which is the name of the file: without its digest, and without what may be secret
function remote.name(text)
  return (require "scripts.reasons".shown_url { url = text:gsub("#.*", "") }:gsub("^(%a+://)[^/?]*@", "%1***@"))
end

-- The digest that a URL ends in, nil where it ends in none. Anything else behind # is a mistake.
local function digest_in(text, place)
  local fragment = text:match "#(.*)$"
  local hex = fragment and fragment:match "^sha256=(%x+)$"
  if hex and #hex == 64 then return hex:lower() end
  if not fragment then return nil end
  diag.raise { rule = "digest", place = place, message = ("%s: what stands behind # is no digest"):format(remote.name(text)),
    hint = "it is written #sha256= and 64 hexadecimal digits, as sha256sum prints them" }
end

-- What may be a secret in the query, which an answer may repeat.
local function secrets_in(url)
  local secrets = {}
  for text in (url.query or ""):gmatch "=([^&]+)" do
    secrets[#secrets + 1] = text
    secrets[#secrets + 1] = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return secrets
end

local function read_url(text, place)
  local ok, url, problem = pcall(http.read_url, (text:gsub("#.*", "")))
  if ok and url then return url end
  diag.raise { rule = "http", place = place,
    message = ("the URL %s is not taken: %s"):format(remote.name(text), ok and problem.message or url) }
end

local Remote = {}
Remote.__index = Remote

-- The bytes that the server has for the URL now, at most so many.
local function fetch(self, text, most, place)
  local url = read_url(text, place)
  local request = { method = "GET", url = url, server = url, headers = {}, secrets = secrets_in(url), timeout = TIMEOUT, most = most }
  local ok, answer = diag.catch(function()
    local answer = self.client():request(request)
    if answer.status ~= 200 then require "scripts.requests".fail(request, require "scripts.reasons".of_status(request, answer)) end
    return answer
  end)
  if ok then return answer.body end
  answer.place = answer.place or place
  diag.raise(answer)
end

-- Raises when the bytes are not those that the digest stands for.
local function check(bytes, wanted, text, place)
  local found = digest.sha256(bytes)
  if found == wanted then return bytes end
  local words = "%s has changed: its digest is sha256=%s, and not sha256=%s; nothing of it is used"
  diag.raise { rule = "digest", place = place, message = words:format(remote.name(text), found, wanted),
    hint = ("if that is meant, look at it, and write #sha256=%s"):format(found) }
end

local function refuse_without_digest(self, text, most, place)
  local name = remote.name(text)
  local message = ("%s: a script that is named by URL needs its digest behind it, or its server decides what runs here"):format(name)
  local ok, bytes = diag.catch(fetch, self, text, most, place)
  diag.raise { rule = "digest", place = place, message = message,
    hint = ok and ("look at what it holds, and write %s#sha256=%s, which it has now"):format(name, digest.sha256(bytes))
      or ("#sha256=… goes behind the URL; it could not be had to see which it is: %s"):format(bytes.message) }
end

local function script(self, text, most, place)
  local wanted = digest_in(text, place)
  if not wanted then refuse_without_digest(self, text, most, place) end
  return check(fetch(self, text, most, place), wanted, text, place)
end

local function document(self, text)
  local wanted = digest_in(text)
  local bytes = fetch(self, text, MOST_DOCUMENT)
  return wanted and check(bytes, wanted, text) or bytes
end

-- The result of a function, which is called once for each text; a diagnostic is raised again.
local function once(known, text, f, ...)
  local entry = known[text]
  if not entry then
    entry = table.pack(diag.catch(f, ...))
    known[text] = entry
  end
  if entry[1] then return entry[2] end
  diag.raise(entry[2])
end

-- script(URL, most bytes, where it is named or nil) -> its text. Raises a diagnostic when it cannot be had, or is not what it should be.
function Remote:script(text, most, place) return once(self.scripts, text, script, self, text, most, place) end

-- document(URL) -> its bytes. Raises a diagnostic, too.
function Remote:document(text) return once(self.documents, text, document, self, text) end

-- new(function that gives scripts.requests' client) -> files by URL, each of them asked for once
function remote.new(client) return setmetatable({ client = client, scripts = {}, documents = {} }, Remote) end

return remote
