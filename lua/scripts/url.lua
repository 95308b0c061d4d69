-- URLs as Go's net/url reads them (RFC 3986 with its liberties): only what a rest backend's address is asked for.

-- Percent escapes decoded; nil when one is broken.
local function decode(text)
  local rest = text:gsub("%%%x%x", "")
  if rest:find("%", 1, true) then return nil end
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function scheme_of(text)
  local scheme, rest = text:match "^(%a[%w+.-]*):(.*)$"
  if scheme then return scheme, rest end
  if text:sub(1, 1) == ":" then return nil, nil, "it has no scheme in front of the colon" end
  return nil, text
end

-- A port is digits, or nothing.
local function host_of(authority)
  local host = authority:match "^.*@(.*)$" or authority
  local port = host:match "^%[.*%](.*)$" or host:match "^[^:]*$" and "" or host:match ".*(:.*)$"
  if port ~= "" and not port:match "^:%d*$" then return nil, ("its port %s is no number"):format(port:sub(2)) end
  host = decode(host)
  if not host then return nil, "its host has a broken % escape" end
  return host
end

-- host_and_path(url) -> host with port, decoded path | nil, why the URL cannot be read
return function(url)
  if url:find "[%z\1-\31\127]" then return nil, "it holds a control character" end
  local text = url:gsub("#.*$", "")
  local scheme, rest, why = scheme_of(text)
  if why then return nil, why end
  rest = rest:gsub("%?.*$", "")
  if rest:sub(1, 1) ~= "/" then
    if scheme then return "", "" end
    if rest:match "^[^/]*:" then return nil, "its first part holds a colon" end
  end
  local host = ""
  if rest:sub(1, 2) == "//" and (scheme or rest:sub(1, 3) ~= "///") then
    local authority
    authority, rest = rest:match "^//([^/]*)(.*)$"
    host, why = host_of(authority)
    if not host then return nil, why end
  end
  local path = decode(rest)
  if not path then return nil, "its path has a broken % escape" end
  return host, path
end
