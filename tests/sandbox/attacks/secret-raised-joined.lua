-- want: 2 it raised a secret, not a message
local s = secret("xyzzy" .. "-plugh-42")
error("it is " .. s)
