-- want: 2 it raised a table, not a message
local s = secret("xyzzy" .. "-plugh-42")
error { s, message = s, rule = s }
