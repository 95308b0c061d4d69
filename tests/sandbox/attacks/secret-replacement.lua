-- want: 2 invalid replacement value
local s = secret("xyzzy" .. "-plugh-42")
error((("x"):gsub("x", function() return s end)))
