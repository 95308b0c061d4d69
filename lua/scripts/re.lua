-- The script module `re`: Perl-compatible regular expressions, PCRE2's, used like Lua's patterns.
local regex = require "engine.re"

local re = {}

local function check(subject, pattern)
  if type(subject) ~= "string" or type(pattern) ~= "string" then error("re needs a text and a pattern, both strings", 3) end
end

-- Errors are those of the script's line: `level` functions above this one.
local function exec(subject, pattern, start, level)
  local first, last, groups = regex.exec(subject, pattern, start)
  if not first and last then error(last, level) end
  return first, last, groups
end

function re.find(subject, pattern, start)
  check(subject, pattern)
  local first, last, groups = exec(subject, pattern, start or 1, 3)
  return first, last, groups
end

-- The groups of the first match, or the whole match when there are none.
function re.match(subject, pattern, start)
  check(subject, pattern)
  local first, last, groups = exec(subject, pattern, start or 1, 3)
  if not first then return nil end
  if #groups == 0 then return subject:sub(first, last) end
  return table.unpack(groups)
end

function re.gmatch(subject, pattern)
  check(subject, pattern)
  local at = 1
  return function()
    local first, last, groups = exec(subject, pattern, at, 3)
    if not first then return nil end
    at = math.max(last, first) + 1
    if #groups == 0 then return subject:sub(first, last) end
    return table.unpack(groups)
  end
end

-- A text with \0 to \9 for the match and its groups, or a function of the match and its groups.
local function replacement(by, whole, groups)
  if type(by) == "function" then return tostring(by(whole, table.unpack(groups)) or whole) end
  return (by:gsub("\\(%d)", function(digit)
    if digit == "0" then return whole end
    return groups[tonumber(digit)] or ""
  end))
end

function re.gsub(subject, pattern, by)
  check(subject, pattern)
  if type(by) ~= "string" and type(by) ~= "function" then error("re.gsub replaces by a string or a function", 2) end
  local out, at, count = {}, 1, 0
  while at <= #subject + 1 do
    local first, last, groups = exec(subject, pattern, at, 3)
    if not first then break end
    out[#out + 1] = subject:sub(at, first - 1) .. replacement(by, subject:sub(first, last), groups)
    count = count + 1
    at = last + 1
    if last < first then -- an empty match: go on behind the next character
      out[#out + 1] = subject:sub(at, at)
      at = at + 1
    end
  end
  return table.concat(out) .. subject:sub(at), count
end

return re
