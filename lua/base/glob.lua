-- Globs of names: `*` stands for any run of characters, everything else for itself.
local glob = {}

-- The glob as a Lua pattern.
function glob.pattern(text) return "^" .. text:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$" end

function glob.is_glob(text) return text:find("*", 1, true) ~= nil end

function glob.matches(text, name) return name:find(glob.pattern(text)) ~= nil end

return glob
