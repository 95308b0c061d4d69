-- Origins: the servers that scripts may ask, as grants name them.
--
--   vault.corp:8200                    over https, on public addresses
--   vault.corp:8200@10.0.0.0/8         over https, on addresses of that range
--   http://inventory.corp:8080@10.0.0.0/8    the same without TLS
--
-- A host is named as in URLs; without a port it is that of the scheme.
local http = require "engine.http"

local origins = {}

local PORTS = { http = "80", https = "443" }

-- read(text) -> { text, scheme, host, port, range } | nil, why it is none
function origins.read(text)
  local scheme, rest = text:match "^(https?)://(.*)$"
  local named, range = (rest or text):match "^([^@]*)@(.*)$"
  named = named or rest or text
  local host, port = named:match "^(%[[%x:.]+%])(.*)$"
  if not host then host, port = named:match "^([^%[%]:/@%s]+)(.*)$" end
  if not host then return nil, "it names no host" end
  if port ~= "" and not port:find "^:%d+$" then
    return nil, "behind the host comes a port or @ and a range of addresses, and nothing else"
  end
  if range and not http.is_range(range) then return nil, ("%s is no range of addresses such as 10.0.0.0/8"):format(range) end
  scheme = scheme or "https"
  return { text = text, scheme = scheme, host = host:lower(), port = port == "" and PORTS[scheme] or port:sub(2), range = range }
end

-- The host as it stands in a URL that was read: names of other scripts and addresses have one spelling there.
local function usual(origin)
  if not origin.usual then
    local url = http.read_url(("%s://%s:%s/"):format(origin.scheme, origin.host, origin.port))
    origin.usual = url and url.host or origin.host
  end
  return origin.usual
end

-- same(origin, url) -> whether the URL, as engine.http reads it, is one of the origin
function origins.same(origin, url)
  if origin.scheme ~= url.scheme or tonumber(origin.port) ~= tonumber(url.port) then return false end
  return origin.host == url.host or usual(origin) == url.host
end

-- as_grant(url [, range]) -> the grant that a URL needs, as it is written
function origins.as_grant(url, range)
  local scheme = url.scheme == "http" and "http://" or ""
  return ("%s%s:%s%s"):format(scheme, url.host, url.port, range and "@" .. range or "")
end

return origins
