-- Base64 (RFC 4648), with padding.
local base64 = {}

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local VALUES = {}
for i = 1, #LETTERS do VALUES[LETTERS:sub(i, i)] = i - 1 end

function base64.encode(bytes)
  return (bytes:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    local out = ""
    for i = 0, 3 do
      local at = (bits >> (18 - 6 * i) & 63) + 1
      out = out .. (i <= #three and LETTERS:sub(at, at) or "=")
    end
    return out
  end))
end

-- decode(text) -> bytes | nil where it is no Base64
function base64.decode(text)
  if #text % 4 ~= 0 or text:find "[^%w+/=]" or text:find "=[^=]" or text:find "===" then return nil end
  return (text:gsub("....", function(four)
    local padding = #four:match "=*$"
    local bits = 0
    for i = 1, 4 do bits = bits << 6 | (VALUES[four:sub(i, i)] or 0) end
    return string.pack(">I3", bits):sub(1, 3 - padding)
  end))
end

return base64
