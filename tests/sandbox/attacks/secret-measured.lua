-- want: 2 a secret cannot be measured
local s = secret("xyzzy" .. "-plugh-42")
error(("it has %d"):format(#s))
