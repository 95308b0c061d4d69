-- Text as it stands in a Function: ${NAME} is a variable that is put in before a shell sees it, $${NAME} the shell's own.
local written = {}

local PLACEHOLDER = "\1"

-- The place of the brace that closes the expression at `start`, or nil.
local function closing(text, start)
  local depth, at = 0, start
  while true do
    local opens, closes = text:find("${", at, true), text:find("}", at, true)
    if not closes then return nil end
    if opens and opens < closes then depth, at = depth + 1, opens + 2
    else
      depth, at = depth - 1, closes + 1
      if depth == 0 then return closes end
    end
  end
end

-- read(text) -> the text that a shell gets, with a placeholder for each variable, and the variables: { source, name, first, last, at },
-- where they stand and where the placeholder does.
function written.read(text)
  local parts, refs, length, at = {}, {}, 0, 1
  local function put(part)
    parts[#parts + 1] = part
    length = length + #part
  end
  while true do
    local start = text:find("%$[${]", at)
    local stop = start and text:sub(start + 1, start + 1) == "{" and closing(text, start)
    put(text:sub(at, (start or #text + 1) - 1))
    if not start then break end
    if stop then
      put(PLACEHOLDER)
      local source = text:sub(start, stop)
      refs[#refs + 1] = { source = source, name = source:match "^%${#?([%w_]*)", at = length, first = start, last = stop }
      at = stop + 1
    elseif text:sub(start + 1, start + 1) == "$" then
      put "$"
      at = start + 2
    else
      put "${"
      at = start + 2
    end
  end
  return table.concat(parts), refs
end

-- replaced(text, refs, by) -> the text as it stands in the Function, with by[i] in the place of each variable
function written.replaced(text, refs, by)
  local parts, at = {}, 1
  for i, ref in ipairs(refs) do
    parts[#parts + 1] = text:sub(at, ref.first - 1) .. by[i]
    at = ref.last + 1
  end
  return table.concat(parts) .. text:sub(at)
end

return written
