-- What looks like a secret that was written down, where a reference belongs.
--
-- Shared by packs. Questions for `ask`: their answers say what was found and never hold the secret.
local secrets = {}

-- Words that a name holds when its value is a secret, and endings that make it a name, a place or a number of one.
local SECRET = { "password", "passwd", "passphrase", "pwd", "token", "secret", "accesskey", "apikey", "privatekey", "encryptionkey",
  "credential" }
local HARMLESS = { "file", "files", "filename", "path", "dir", "folder", "name", "names", "namespace", "ref", "volume", "mount",
  "ttl", "length", "policy", "enabled", "required", "timeout", "url", "uri", "endpoint", "expiry", "lifetime", "type", "count",
  "provider", "store", "version", "env", "prompt", "helper", "class", "mode", "format", "hash", "id_file", "audience", "issuer",
  "period", "source" }

-- A name's words in lower case with "_" between them: dbPassword, DB-PASSWORD and db.password are all db_password.
local function words_of(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):gsub("[^%w]+", "_"):lower():gsub("_?%d+$", ""))
end

local function has_secret_word(words)
  local joined = words:gsub("_", "")
  for _, word in ipairs(SECRET) do
    if joined:find(word, 1, true) then return true end
  end
  return false
end

local function judge_name(name)
  local words = words_of(name)
  if not has_secret_word(words) then return false end
  for _, ending in ipairs(HARMLESS) do
    if words == ending or words:sub(-#ending - 1) == "_" .. ending then return false end
  end
  return true
end

-- Options and variables have few names, which are asked about again and again: what was said about them is kept.
local judged, count, MOST_JUDGED = {}, 0, 1000

local function is_secret_name(name)
  local answer = judged[name]
  if answer ~= nil then return answer end
  answer = judge_name(name)
  if count < MOST_JUDGED then judged[name], count = answer, count + 1 end
  return answer
end

function secrets.is_name(name) return type(name) == "string" and name ~= "" and is_secret_name(name) end

-- A parameter that ends in "secret" names a Secret.
function secrets.is_param_name(name) return secrets.is_name(name) and not name:lower():find "secret$" end

local PLAIN = { ["true"] = true, ["false"] = true, yes = true, no = true, on = true, off = true, none = true, null = true }

-- Whether a value is written out: neither empty nor a switch, and no reference to a variable of the environment, the shell or moonstep.
function secrets.is_literal(v)
  if type(v) ~= "string" or v == "" or PLAIN[v:lower()] then return false end
  return not v:find "^%$[%w_({]" and not v:find("${", 1, true) and not v:find "^/[%w_./-]*$" and not v:find "^<.*>$"
end

-- Whether it is a number or flag of the environment that only sounds like a secret.
function secrets.is_literal_env(v) return secrets.is_literal(v) and not v:find "^%d+$" or false end

-- Whether it is a word of a command line that is written out, and no option.
function secrets.is_literal_word(v) return secrets.is_literal(v) and v:sub(1, 1) ~= "-" end

-- The name of an option, for which it may be asked first: nearly all are harmless.
secrets.OPTION = [[^--?([\w.-]++)(?:=|\z)]]

-- Whether an option's name, as it was written, is that of a secret.
secrets.is_option = is_secret_name

-- What a text must hold for secrets.in_text to find anything in it.
secrets.SUSPECT = [[://|PRIVATE KEY-----|AKIA|gh[pousr]_]]

-- "--db-password=x" -> the option's name when its value is a secret that is written out; "--db-password" -> true: the next argument is its
-- value; else nil
function secrets.in_argument(arg)
  if type(arg) ~= "string" then return nil end
  local name, equals, behind = arg:match "^%-%-?([%w_.-]+)(=?)()"
  if not name or (equals == "" and behind <= #arg) or not is_secret_name(name) then return nil end
  if equals == "" then return arg:sub(2, 2) == "-" or nil end
  return #name > 1 and secrets.is_literal(arg:sub(behind)) and name or nil
end

local LONGEST_SCHEME = 40

-- Whether a text holds a URL with user and password. Each :// is looked for by itself: a pattern that begins with the scheme would go
-- over a long word once for each of its letters.
local function has_userinfo(text)
  for at, behind in text:gmatch "()://()" do
    local password = text:match("^[^/%s:@]*:([^/%s@]+)@", behind)
    local scheme = password and text:sub(math.max(1, at - LONGEST_SCHEME), at - 1):find "%a[%w+.-]*$"
    if scheme and secrets.is_literal(password) then return true end
  end
  return false
end

-- Most texts are too short for what is looked for: a://b:c@, and AKIA with 16 characters behind it.
local SHORTEST_URL, SHORTEST_TOKEN = 8, 20

-- Whether what the pattern captures is anywhere so long.
local function has_run(text, pattern, least, most)
  for run in text:gmatch(pattern) do
    if #run >= least and #run <= most then return true end
  end
  return false
end

-- What a text gives away by its form alone: words for a message, or nil.
function secrets.in_text(text)
  if type(text) ~= "string" or #text < SHORTEST_URL then return nil end
  if #text >= SHORTEST_TOKEN and text:find("PRIVATE KEY-----", 1, true)
    and text:find "%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-" then return "a private key" end
  if text:find("://", 1, true) and has_userinfo(text) then return "a URL with a password" end
  if #text < SHORTEST_TOKEN then return nil end
  if text:find("AKIA", 1, true) and has_run(text, "%f[%w]AKIA([%u%d]+)%f[^%w]", 16, 16) then return "an access key of AWS" end
  if text:find("gh", 1, true) and has_run(text, "%f[%w]gh[pousr]_(%w+)", 30, math.huge) then return "a token of GitHub" end
end

return secrets
