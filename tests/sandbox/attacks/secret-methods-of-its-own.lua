-- want: 2 a secret cannot be looked into
local s = secret("xyzzy" .. "-plugh-42")
error(s:upper())
