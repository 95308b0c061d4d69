-- want: 2 cannot write this object: a secret
local s = secret("xyzzy" .. "-plugh-42")
error(json.encode("x" .. s))
