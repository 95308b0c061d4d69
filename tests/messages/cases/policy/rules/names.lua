return { ok = function(name) return name:find "^[a-z-]+$" ~= nil end }
