-- want: 2 what was caught: secret
local s = secret("xyzzy" .. "-plugh-42")
local _, why = pcall(error, s)
error("what was caught: " .. tostring(why))
