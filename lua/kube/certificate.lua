-- Until when a certificate is valid.
--
-- The two times of its validity stand behind each other in its DER form, each as a UTCTime (two digits for the year) or a GeneralizedTime.
local base64 = require "base.base64"
local freshness = require "scripts.freshness"

local certificate = {}

-- A time of ASN.1 as RFC 3339, or nil.
local function time_of(text)
  local year, rest = text:match "^(%d%d)(%d%d%d%d%d%d%d%d%d%d)Z$"
  if year then year = (year < "50" and "20" or "19") .. year else year, rest = text:match "^(%d%d%d%d)(%d%d%d%d%d%d%d%d%d%d)Z$" end
  local month, day, hour, minute, second = (rest or ""):match "^(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)$"
  return month and ("%s-%s-%sT%s:%s:%sZ"):format(year, month, day, hour, minute, second)
end

-- ends(PEM) -> the end of its validity as RFC 3339, or nil where that cannot be read
function certificate.ends(pem)
  local body = pem:match "%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-(.-)%-%-%-%-%-END"
  local der = body and base64.decode((body:gsub("%s", "")))
  local text = der and der:match "[\23\24][\13\15]%d+Z[\23\24][\13\15](%d+Z)"
  return text and time_of(text)
end

-- expired(PEM, seconds since 1970) -> when, as RFC 3339; nil where it has not
function certificate.expired(pem, now)
  local text = certificate.ends(pem)
  local at = text and freshness.timestamp(text)
  return at and at < now and text or nil
end

return certificate
