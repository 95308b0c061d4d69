-- How names, keys, paths and addresses are written. Each function is a question for `ask`: it takes a field's value and returns nil when
-- there is nothing to say, or what the value must be. What is no string is not judged here.
local syntax = {}

local function text(check)
  return function(v)
    if type(v) ~= "string" or v == "" then return nil end
    return check(v)
  end
end

local function is_label(s) return s:find "^[a-z0-9][a-z0-9-]*[a-z0-9]$" ~= nil or s:find "^[a-z0-9]$" ~= nil end

local function is_subdomain(s)
  if is_label(s) then return true end -- as most are
  for part in (s .. "."):gmatch "([^.]*)%." do
    if not is_label(part) then return false end
  end
  return true
end

local LABEL = "a DNS label: lower case letters, digits and -, with a letter or digit at both ends"
local SUBDOMAIN = "a DNS name: lower case letters, digits, - and ., with a letter or digit at both ends of each part"

local function label(s)
  if #s > 63 then return "at most 63 characters long" end
  if not is_label(s) then return LABEL end
end

local function subdomain(s)
  if #s > 253 then return "at most 253 characters long" end
  if not is_subdomain(s) then return SUBDOMAIN end
end

syntax.label, syntax.subdomain = text(label), text(subdomain)

-- The same for items of lists, which cannot be empty.
local function filled(check)
  return function(v)
    if v == "" then return "filled in" end
    return type(v) == "string" and check(v) or nil
  end
end
syntax.filled = filled(function() end)
syntax.filled_label, syntax.filled_subdomain = filled(label), filled(subdomain)

-- What comes before a generated part may end in a "-".
local function prefix(check)
  return text(function(s) return check(s:find "^.+%-$" and s:sub(1, -3) .. "a" or s) end)
end
syntax.label_prefix, syntax.subdomain_prefix = prefix(label), prefix(subdomain)

-- A name as a part of a URL's path: of roles.
local function path_segment(s)
  if s == "." or s == ".." then return "other than . and .." end
  if s:find "[/%%]" then return "without / and %" end
end
syntax.path_segment = text(path_segment)

local WORD = "letters, digits, -, _ and ., with a letter or digit at both ends"
local function is_word(s) return s:find "^%w$" ~= nil or s:find "^%w[%w_.-]*%w$" ~= nil end

-- Label keys and the like: a word with an optional domain and "/" before it. The empty key is wrong, too.
function syntax.qualified(v)
  if type(v) ~= "string" then return nil end
  local domain, name = v:match "^([^/]*)/(.*)$"
  name = name or v
  if domain == "" then return "without a / that nothing stands before" end
  if domain and subdomain(domain) then return "led by a DNS name, where there is a /" end
  if name == "" then return "a name, which is empty here" end
  if name:find("/", 1, true) then return "a name with at most one /" end
  if #name > 63 then return "at most 63 characters long, what stands before a / apart" end
  if not is_word(name) then return "made of " .. WORD end
end

syntax.optional_qualified = text(syntax.qualified)

-- Annotations' keys may have capital letters in the domain.
function syntax.annotation_key(v)
  if type(v) == "string" then return syntax.qualified(v:lower()) end
end

function syntax.label_value(v)
  if type(v) ~= "string" or v == "" then return nil end
  if #v > 63 then return "at most 63 characters long" end
  if not is_word(v) then return "empty or made of " .. WORD end
end

-- Since 1.34 nearly anything goes.
syntax.env_name = text(function(s)
  if s:find "[^ -<>-~]" then return "made of printable ASCII characters other than =" end
end)

syntax.port_name = text(function(s)
  if #s > 15 then return "at most 15 characters long" end
  if s:find "[^a-z0-9-]" or s:find "^%-" or s:find "%-$" or s:find("--", 1, true) then
    return "made of lower case letters, digits and single - between them"
  end
  if not s:find "[a-z]" then return "a name with at least one letter" end
end)

-- Keys of ConfigMaps and Secrets.
function syntax.data_key(v)
  if type(v) ~= "string" then return nil end
  if #v > 253 then return "at most 253 characters long" end
  if v == "" or v:find "[^%w_.-]" then return "made of letters, digits, -, _ and ." end
  if v == "." or v:find "^%.%." then return "other than . and not led by .." end
end
syntax.optional_data_key = text(syntax.data_key)

syntax.header = text(function(s)
  if s:find "[^%w-]" then return "made of letters, digits and -" end
end)

local function has_backstep(s)
  for part in s:gmatch "[^/]+" do
    if part == ".." then return true end
  end
  return false
end

syntax.no_backstep = text(function(s)
  if has_backstep(s) then return "a path without .." end
end)

local function below(s)
  if s:sub(1, 1) == "/" then return "a relative path" end
  if has_backstep(s) then return "a path without .." end
end
syntax.path_below = text(below)

-- A file in a volume that is made of keys; names that begin with ".." are the volume's own.
syntax.file_below = text(function(s) return below(s) or (s:find "^%.%." and "a path that does not begin with .." or nil) end)

syntax.absolute_path = text(function(s)
  if s:sub(1, 1) ~= "/" then return "an absolute path" end
end)

syntax.trimmed = text(function(s)
  if s:find "^%s" or s:find "%s$" then return "without spaces around it" end
end)

syntax.sysctl = text(function(s)
  if #s > 253 then return "at most 253 characters long" end
  for part in (s .. "."):gmatch "([^./]*)[./]" do
    if not (part:find "^[a-z0-9]$" or part:find "^[a-z0-9][a-z0-9_-]*[a-z0-9]$") then
      return "the name of a sysctl, such as net.core.somaxconn"
    end
  end
end)

-- A domain, "/" and a path, of 63 bytes at most.
syntax.domain_path = text(function(s)
  local domain, path = s:match "^([^/]+)/(.+)$"
  if not domain or subdomain(domain) or path:find "[^%w/._~!$&'()*+,;=:@%%-]" then return "a domain and a path, such as "
    .. "example.com/name" end
  if #s > 63 then return "at most 63 characters long" end
end)

local function is_ipv4(s)
  local parts = { s:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 or part:find "^0%d" then return false end
  end
  return #parts == 4
end

-- The number of groups in a part of an IPv6 address, or nil; only its end may be an IPv4 address.
local function groups(s, last)
  local count = 0
  if s == "" then return 0 end
  for part in (s .. ":"):gmatch "([^:]*):" do
    count = count + 1
    if part:find "^%x%x?%x?%x?$" == nil then
      if not (last and is_ipv4(part) and s:sub(-#part) == part) then return nil end
      count = count + 1
    end
  end
  return count
end

local function is_ipv6(s)
  local left, right = s:match "^(.-)::(.*)$"
  if not left then return groups(s, true) == 8 end
  local a, b = groups(left, false), groups(right, true)
  return a ~= nil and b ~= nil and a + b < 8
end

syntax.ip = filled(function(s)
  if not is_ipv4(s) and not is_ipv6(s) then return "an IP address" end
end)

-- A host name in dnsConfig, which may end in a dot; underscores are fine since 1.32.
syntax.search_domain = filled(function(s)
  if s == "." then return nil end
  return subdomain((s:gsub("%.$", ""):gsub("_", "a")))
end)

-- Drivers of CSI may have capital letters.
syntax.driver = text(function(s)
  if #s > 63 then return "at most 63 characters long" end
  return subdomain(s:lower())
end)

-- Names of iSCSI: iqn.YEAR-MONTH.DOMAIN:NAME, eui. and 16 digits, naa. and 32.
local function iscsi(s)
  local kind, rest = s:match "^(%a+)%.(.*)$"
  local fine = kind == "iqn" and rest:find "^%d%d%d%d%-%d%d%.[%w.-]+:[^,;*&$|%s]+$" or (kind == "eui" and #rest == 16 or kind == "naa"
    and #rest == 32)
    and not rest:find "%W"
  if not fine then return "a name such as iqn.2001-04.com.example:disk" end
end
syntax.iscsi, syntax.filled_iscsi = text(iscsi), filled(iscsi)

syntax.up_to_64 = text(function(s)
  if #s > 64 then return "at most 64 characters long" end
end)

-- A user of Windows, with or without a domain.
syntax.windows_user = filled(function(s)
  local domain, user = s:match "^([^\\]*)\\(.*)$"
  user = user or s
  if s:find "%c" or domain == "" or user == "" or #user > 104 or user:find '["/\\:;|=,+*?<>@%[%]]' or not user:find "[^. ]" then
    return "a user of Windows, such as DOMAIN\\user"
  end
end)

-- A name that is fine as a label and so as everything that may be longer or hold more, as most are. A pattern is answered faster than a
-- function.
syntax.PLAIN = [[^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\z]]

local TAKE_PLAIN = {}
for _, name in ipairs { "label", "subdomain", "filled_label", "filled_subdomain", "label_value", "qualified", "optional_qualified" } do
  TAKE_PLAIN[syntax[name]] = true
end

-- ask(part, key, question), of one of these questions
function syntax.ask(part, key, question)
  if TAKE_PLAIN[question] and ask(part, key, syntax.PLAIN) then return nil end
  return ask(part, key, question)
end

return syntax
