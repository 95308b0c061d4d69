-- Globs of names: `*` stands for any run of characters, everything else for itself.
local glob = {}

function glob.is_glob(text) return text:find("*", 1, true) ~= nil end

-- The parts between the stars stand in the name one behind the other, each as early as it can; so the time grows with the lengths, whatever
-- the glob is.
function glob.matches(text, name)
  local star = text:find("*", 1, true)
  if not star then return text == name end
  if name:sub(1, star - 1) ~= text:sub(1, star - 1) then return false end
  local at = star
  for part, stop in text:sub(star + 1):gmatch "([^*]*)()" do
    if stop > #text - star then
      return #name - #part + 1 >= at and name:sub(#name - #part + 1) == part
    end
    local found = name:find(part, at, true)
    if not found then return false end
    at = found + #part
  end
end

return glob
