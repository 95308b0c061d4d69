-- Names of what is made, by the model's rules. Lengths are bytes; different names can collide, as in the original.
local names = {}

local LONGEST = 63 -- a label's value and a Pod's host name (RFC 1123)

local function strip(name) return (name:gsub("^%-+", ""):gsub("%-+$", "")) end

-- Prefix, name and suffix joined by "-"; when that is too long, its first 32 and last 31 bytes.
function names.with_suffix(prefix, name, suffix)
  local whole = table.concat({ prefix, name, suffix }, "-")
  if #whole > LONGEST then whole = whole:sub(1, 32) .. whole:sub(-31) end
  return strip(whole)
end

-- A name of one's own, cut at the end.
function names.cut(name) return strip(name:sub(1, LONGEST)) end

function names.without_dots(name) return (name:gsub("%.", "-")) end

return names
