-- Proxies, as the environment names them: https_proxy, http_proxy, all_proxy, and no_proxy for hosts that are asked without.
--
-- A proxy hides where a name leads, so only its own address can be looked at. It must be granted like any other server; and a host that
-- is granted with a range of addresses is asked directly, since nobody could say otherwise that it lies in the range.
local host = require "engine.host"
local http = require "engine.http"

local proxies = {}

local function first(...)
  for _, name in ipairs { ... } do
    local found = host.environment(name)
    if found and found ~= "" then return found end
  end
end

local function is_exempt(url)
  local list = first("no_proxy", "NO_PROXY")
  if not list then return false end
  for entry in list:lower():gmatch "[^,%s]+" do
    local name = entry:gsub("^%.", ""):gsub(":%d+$", "")
    if entry:find("/", 1, true) and http.in_range(url.host:match "^%[(.*)%]$" or url.host, entry) then return true end
    if name == "*" or url.host == name or url.host:sub(-#name - 1) == "." .. name then return true end
  end
  return false
end

-- of(url) -> the URL of the proxy that the environment names for it, or nil. HTTP_PROXY in capitals does not count: where a web server
-- starts us, a request could set it.
function proxies.of(url)
  if is_exempt(url) then return nil end
  if url.scheme == "https" then return first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") end
  return first("http_proxy", "all_proxy", "ALL_PROXY")
end

return proxies
