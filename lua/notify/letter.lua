-- A letter as SMTP takes it: headers and a short plain text, in UTF-8, with CRLF (RFC 5322, 2045, 2047).
--
--   letter.is_address(text) -> whether it is a plain address such as ops@corp.example
--   letter.text { from, to = addresses, subject, lines = { { label, text }, … }, now, host } -> text
--
-- No value gets out of its header or its line: addresses are plain, control characters of all else are made visible, and what is not
-- ASCII is encoded.
local base64 = require "base.base64"
local diag = require "base.diag"
local digest = require "engine.digest"
local host = require "engine.host"
local http = require "engine.http"
local units = require "status.units"

local letter = {}

local LONGEST = 76 -- bytes of a line of quoted-printable
local WORD = 36 -- bytes of text in an encoded word: with what is round it, the header stays within a line
local MOST_SUBJECT = 200 -- bytes

function letter.is_address(text)
  local name, domain = text:match "^([%w.!#$%%&'*+/=?^_`{|}~-]+)@([%w.-]+)$"
  return name ~= nil and #text <= 254 and not domain:find "%.%." and not domain:find "^[.-]" and not domain:find "[.-]$"
end

-- Cuts a text behind so many bytes, not within a character.
local function cut(text, most)
  if #text <= most then return text, "" end
  local stop = utf8.offset(text, 0, most + 1) - 1
  return text:sub(1, stop), text:sub(stop + 1)
end

local function encoded_words(text)
  local words = {}
  while text ~= "" do
    local word, rest = cut(text, WORD)
    words[#words + 1] = ("=?UTF-8?B?%s?="):format(base64.encode(word))
    text = rest
  end
  return table.concat(words, "\r\n ")
end

local function header_text(text)
  text = cut(diag.visible(text), MOST_SUBJECT)
  return text:find "[\128-\255]" and encoded_words(text) or text
end

-- A line of quoted-printable, with soft breaks.
local function quoted(line)
  local encoded = line:gsub("[^\32-\60\62-\126]", function(c) return ("=%02X"):format(c:byte()) end):gsub(" $", "=20")
  local parts = {}
  while #encoded > LONGEST do
    local stop = LONGEST - 1
    while encoded:sub(stop - 1, stop):find "=" do stop = stop - 1 end -- an escape stays whole
    parts[#parts + 1] = encoded:sub(1, stop) .. "="
    encoded = encoded:sub(stop + 1)
  end
  parts[#parts + 1] = encoded
  return table.concat(parts, "\r\n")
end

local DAYS = { [0] = "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" } -- 1970 began with a Thursday
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- date(seconds since 1970) -> "Sun, 31 Jan 2027 02:30:00 +0000"
function letter.date(seconds)
  local year, month, day, time = units.timestamp(seconds):match "^(%d+)-(%d+)-(%d+)T([%d:]+)Z$"
  return ("%s, %d %s %s %s +0000"):format(DAYS[seconds // 86400 % 7], tonumber(day), MONTHS[tonumber(month)], year, time)
end

-- An id that no other letter has: of its time, this process and all that stands in it.
local function message_id(of, body)
  local process = host.process()
  local unique = digest.sha256(("%d %d %d %s"):format(of.now, process, http.now(), body)):sub(1, 32)
  return ("<%s@%s>"):format(unique, of.from:match "@(.*)$")
end

local function body_of(lines)
  local width, out = 0, {}
  for _, line in ipairs(lines) do width = math.max(width, #line[1]) end
  for i, line in ipairs(lines) do out[i] = quoted(("%s:%s %s"):format(line[1], (" "):rep(width - #line[1]), line[2])) end
  return table.concat(out, "\r\n") .. "\r\n"
end

function letter.text(of)
  local body = body_of(of.lines)
  local headers = {
    "Date: " .. letter.date(of.now), "From: " .. of.from, "To: " .. table.concat(of.to, ",\r\n "), "Subject: " .. header_text(of.subject),
    "Message-ID: " .. message_id(of, body), "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
  }
  return table.concat(headers, "\r\n") .. "\r\n\r\n" .. body
end

return letter
