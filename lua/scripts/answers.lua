-- Answers that are kept for the rest of the run, so that equal requests are one: what Cache-Control, Expires and ETag allow. An answer
-- that says nothing about it is kept until the run ends.
local http = require "engine.http"
local freshness = require "scripts.freshness"

local answers = {}

local MOST_BYTES = 16 << 20 -- of bodies; what comes then is not kept

local KEPT = { [200] = true, [203] = true, [204] = true, [300] = true, [301] = true, [308] = true, [404] = true, [410] = true }

local Kept = {}
Kept.__index = Kept

-- key_of(request) -> what two equal requests have in common; nil for one whose answer is its own.
local function key_of(request)
  if (request.method ~= "GET" and request.method ~= "HEAD") or request.body then return nil end
  local names, parts = {}, { request.method, request.url.url }
  for name in pairs(request.headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = name .. ":" .. request.headers[name] end
  parts[#parts + 1] = "ca:" .. (request.ca or "")
  parts[#parts + 1] = "certificate:" .. (request.certificate or "")
  return table.concat(parts, "\n")
end

Kept.key_of = key_of

-- The answer that is there for the request, and fresh.
function Kept:find(request)
  local entry = self.by_key[key_of(request) or false]
  if entry and (not entry.stale or http.now() < entry.stale) then return entry.answer end
end

-- The request, as it is asked when there is an answer that may still be right.
function Kept:conditional(request)
  local entry = self.by_key[key_of(request) or false]
  local tag = entry and entry.answer.headers.etag
  if not tag or request.headers["if-none-match"] then return request end
  local asked = setmetatable({ headers = {} }, { __index = request })
  for name, v in pairs(request.headers) do asked.headers[name] = v end
  asked.headers["if-none-match"] = tag
  return asked
end

-- Takes a complete answer, and returns the one that counts.
function Kept:take(request, answer)
  local key = key_of(request)
  local entry = key and self.by_key[key]
  if answer.status == 304 and entry then
    for name, v in pairs(answer.headers) do entry.answer.headers[name] = v end
    local seconds = freshness.lifetime(entry.answer.headers)
    entry.stale = seconds and http.now() + seconds * 1000
    return entry.answer
  end
  local seconds = freshness.lifetime(answer.headers)
  if not key or not KEPT[answer.status] or seconds == false or self.bytes + #answer.body > MOST_BYTES then return answer end
  self.bytes = self.bytes + #answer.body - (entry and #entry.answer.body or 0)
  self.by_key[key] = { answer = answer, stale = seconds and http.now() + seconds * 1000 }
  return answer
end

-- new() -> answers, none at first
function answers.new() return setmetatable({ by_key = {}, bytes = 0 }, Kept) end

return answers
