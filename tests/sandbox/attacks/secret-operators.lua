-- want: 2 no trace
-- What a metatable would give away.
local s = secret("xyzzy" .. "-plugh-42")
local ok = pcall(function() return s.__index or s.__name or s.__metatable end)
error(ok and "a trace" or "no trace")
