-- Exchanges in files: --record writes down what servers answered, --replay answers with that, so that a run can be repeated without them.
--
-- A file is JSON and belongs to one request: { request = lines that tell it from others, answer = { status, headers, body or base64 } }.
-- Values of headers and of the URL's query that are secret by their names are left out, as is what scripts declared to be secret before;
-- the body of a request is only told from others by a checksum. (A request that says that its URL is `public` is told by all of it: there a
-- secret may stand only by chance.) Answers' bodies are stored as they came, but for those secrets: who may
-- not see them should not see the folder.
local base64 = require "base.base64"
local diag = require "base.diag"
local emit = require "engine.emit"
local files = require "engine.files"
local load = require "engine.load"
local reasons = require "scripts.reasons"
local secret = require "engine.secret"

local recordings = {}

local MOST_FILE = 32 << 20 -- bytes
local FIELDS = { "request", "answer", "status", "headers", "body", "base64" }

local emitter

-- FNV-1a with 64 bits, as hexadecimal digits.
local function checksum(text)
  local sum = 0xcbf29ce484222325
  for i = 1, #text do sum = (sum ~ text:byte(i)) * 0x100000001b3 end
  return ("%016x"):format(sum)
end

local function masked(text, request) return secret.mask(reasons.masked(text, request.secrets)) end

local function masked_url(url)
  return ((url.masked or url.url):gsub("([?&])([^=&#]*)=([^&#]*)", function(mark, name)
    if reasons.is_secret_name(name:lower()) then return mark .. name .. "=***" end
  end))
end

-- What tells the request from others, a line each.
local function identity(request)
  local url = request.public and request.url.url or masked(masked_url(request.url), request)
  local lines, names = { request.method .. " " .. url }, {}
  for name in pairs(request.headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("%s: %s"):format(name, reasons.is_secret_name(name) and "***" or masked(request.headers[name], request))
  end
  if request.body then lines[#lines + 1] = "body: " .. checksum(masked(request.body, request)) end
  return lines
end

-- The file of a request: readable, and told apart by a checksum.
local function file_of(folder, lines)
  local readable = lines[1]:gsub("https?://", ""):gsub("%?.*", ""):gsub("[^%w.-]+", "-"):sub(1, 80):gsub("-$", "")
  return ("%s/%s-%s.json"):format(folder, readable, checksum(table.concat(lines, "\n")))
end

-- store(folder, request, answer)
function recordings.store(folder, request, answer)
  emitter = emitter or emit.new(FIELDS)
  local lines, headers = identity(request), {}
  for name, v in pairs(answer.headers) do headers[name] = reasons.is_secret_name(name) and "***" or masked(v, request) end
  local body = masked(answer.body, request)
  local told = { status = answer.status, headers = headers }
  if utf8.len(body) and not body:find "[%z\1-\8\11-\31\127]" then told.body = body else told.base64 = base64.encode(body) end
  local text, why = emitter:json({ request = lines, answer = told }, 2)
  if not text then diag.raise { rule = "http", message = ("%s: the answer cannot be recorded: %s"):format(lines[1], why) } end
  local ok, problem = files.replace(file_of(folder, lines), text .. "\n")
  if not ok then diag.raise { rule = problem.id, message = problem.message } end
end

local function read(path)
  local bytes, problem = files.read(path, MOST_FILE)
  local source, reader, v
  if bytes then source, problem = load.source(bytes, path) end
  if source then reader, problem = load.reader(source) end
  if reader then v, problem = load.next(reader) end
  return v, problem
end

-- find(folder, request) -> the answer that was recorded | nil, the file where it would be
function recordings.find(folder, request)
  local lines = identity(request)
  local path = file_of(folder, lines)
  if not files.exists(path) then return nil, path end
  local v, problem = read(path)
  local told = type(v) == "table" and type(v.answer) == "table" and v.answer or {}
  local headers, body = told.headers, told.body or type(told.base64) == "string" and base64.decode(told.base64)
  if math.type(told.status) ~= "integer" or type(headers) ~= "table" or type(body) ~= "string" then
    diag.raise { rule = "http", place = { file = path },
      message = "this is no recorded exchange" .. (problem and ": " .. problem.message or "") }
  end
  return { status = told.status, headers = headers, body = body, url = request.url }
end

-- prepare(folder): makes the folder that is recorded into, unless it is there.
function recordings.prepare(folder)
  if files.is_folder(folder) then return end
  local ok, problem = files.new_folder(folder)
  if not ok then diag.raise { rule = problem.id, message = problem.message } end
end

return recordings
