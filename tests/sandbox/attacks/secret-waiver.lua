-- want: 2 reason must be a string
local s = secret("xyzzy" .. "-plugh-42")
waive { rule = "x", match = "*", reason = s }
